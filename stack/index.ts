import { existsSync } from 'node:fs';
import { ensureFolder, stackHome } from './home';
import { withLock } from './lock';
import { treeMemory } from './memory';
import { managedNames, managedStatus, stopManaged } from './process';
import { SERVERS } from './registry';
import type { OnStep, ServerName, StackContext, StackReport, StackStatus, StoreName } from './server';
import { readState } from './state';

export { programsCache, stackHome } from './home';
export { managedStatus, startManaged, stopManaged, type ManagedProcess, type ManagedStatus } from './process';
export type { OnStep, ServerName, StackReport, StackStatus, StoreName } from './server';

/** Every server that can be started here, in the order in which they are shown. */
export const SERVER_NAMES = Object.keys(SERVERS) as ServerName[];

/** What a plan that says nothing else fills. */
const DEFAULT_STORES: readonly StoreName[] = ['postgres'];

/**
 * The servers that are to be started here for runs that fill these stores: Temporal and the stores, without those that the
 * environment gives an address of.
 */
export function neededServers(
  env: NodeJS.ProcessEnv = process.env,
  stores: Iterable<StoreName> = DEFAULT_STORES,
): ServerName[] {
  const needed = new Set<ServerName>(['temporal', ...stores]);
  return SERVER_NAMES.filter((name) => needed.has(name) && !SERVERS[name].isConfigured(env));
}

export interface StackOptions {
  /** State folder. Default `stackHome()`. */
  home?: string;
  /** Default: those that `neededServers` names. */
  servers?: readonly ServerName[];
  env?: NodeJS.ProcessEnv;
  onStep?: OnStep;
  /** Settings of PostgreSQL besides, or instead of, the usual ones; a server that runs keeps its own. */
  postgresSettings?: Readonly<Record<string, string>>;
}

/**
 * Starts the servers that do not run yet, side by side, and resolves when all of them answer. They outlive this process.
 * Repeatable: running ones are left alone, dead or mute ones are started again on the same data. Two calls at once take turns.
 * Throws ServerMissing when a program is not to be had, StackFailed when a server does not start.
 */
export async function stackUp(options: StackOptions = {}): Promise<StackStatus> {
  const { home = stackHome(), env = process.env, onStep = () => undefined, postgresSettings = {} } = options;
  const servers = options.servers ?? neededServers(env);
  return await withLock(ensureFolder(home), 'stack', async () => {
    const context = { home, state: readState(home), env, onStep, postgresSettings };
    const results = await Promise.allSettled(servers.map((name) => startOne(name, context)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return Object.assign(
      {},
      ...results.map((result) => (result as PromiseFulfilledResult<StackStatus>).value),
    ) as StackStatus;
  });
}

/**
 * Ends every process of the state folder, workers first and servers last, and waits until they are gone. Data and logs stay.
 * Gives the names of those it ended; none when nothing ran.
 */
export async function stackDown(options: { home?: string } = {}): Promise<string[]> {
  const { home = stackHome() } = options;
  if (!existsSync(home)) return [];
  return await withLock(home, 'stack', async () => {
    const isServer = (name: string): boolean => (SERVER_NAMES as string[]).includes(name);
    const running = managedNames(home);
    const ended: string[] = [];
    for (const group of [running.filter((name) => !isServer(name)), running.filter(isServer)]) {
      const stopped = await Promise.all(group.map((name) => stopManaged(home, name)));
      ended.push(...group.filter((_, index) => stopped[index]));
    }
    return ended;
  });
}

/** Asks each server; one that does not run or does not answer is absent. Starts and changes nothing. */
export async function stackStatus(options: { home?: string } = {}): Promise<StackStatus> {
  const { home = stackHome() } = options;
  if (!existsSync(home)) return {};
  const state = readState(home);
  const answers = await Promise.all(
    SERVER_NAMES.map(async (name) => [name, await SERVERS[name].status(home, state)] as const),
  );
  return Object.fromEntries(answers.filter(([, status]) => status !== undefined));
}

/** Whether somewhere in these settings stands the address of the embedded server, be it running or not. */
export function isEmbeddedAddress(name: ServerName, settings: unknown, options: { home?: string } = {}): boolean {
  const { home = stackHome() } = options;
  const port = existsSync(home) ? readState(home).ports[name] : undefined;
  if (port === undefined) return false;
  return new RegExp(String.raw`\b127\.0\.0\.1:${port}\b`).test(JSON.stringify(settings) ?? '');
}

/** What `stackStatus` says, and what each server costs. `memory` is in bytes, of all processes of the server. */
export async function stackReport(options: { home?: string } = {}): Promise<StackReport> {
  const { home = stackHome() } = options;
  const entries = Object.entries(await stackStatus({ home })).map(([name, status]) => {
    const running = managedStatus(home, name);
    return [name, { ...status, ...(running && { memory: treeMemory(running.pid), log: running.log }) }];
  });
  return Object.fromEntries(entries) as StackReport;
}

/**
 * Finds, downloads or builds the programs of the servers, so that a later start needs no network. Default: those that
 * `neededServers` names. Throws ServerMissing. Repeatable; takes no time when they are there.
 */
export async function ensurePrograms(options: Omit<StackOptions, 'home'> = {}): Promise<void> {
  const { env = process.env, onStep = () => undefined } = options;
  for (const name of options.servers ?? neededServers(env)) await SERVERS[name].ensureProgram(env, onStep);
}

async function startOne(name: ServerName, context: StackContext): Promise<StackStatus> {
  return { [name]: await SERVERS[name].start(context) };
}
