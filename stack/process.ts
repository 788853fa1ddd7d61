import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SqliftError } from '../core/errors';
import { ensureFolder } from './home';
import { isAlive, startMark } from './liveness';
import { withLock } from './lock';
import { writePrivate } from './state';

/** Child processes that outlive the command that started them: one record and one log each, in the state folder. */

export interface ManagedProcess {
  /** Key of the process in its state folder, and the name of its log. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment of the child. Default: that of this process. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Run as this user; only root can. */
  user?: { uid: number; gid: number };
  /**
   * Resolves once the process serves, rejects while it does not yet; asked again and again. A SqliftError is final.
   * Also asked when the process already runs.
   */
  ready: () => Promise<void>;
  /** How long `ready` may take, in milliseconds. Default 60,000. */
  readyMs?: number;
  /** What ends it gracefully. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take to end gracefully, in milliseconds. Default 10,000. */
  stopMs?: number;
}

export interface ManagedStatus {
  name: string;
  pid: number;
  /** Where its output goes. */
  log: string;
}

interface ProcessRecord {
  pid: number;
  /** When the process began, as the system tells it: a later process with the same pid has another mark. */
  mark: string;
  stopSignal: NodeJS.Signals;
  stopMs?: number;
}

const READY_MS = 60_000;

const STOP_MS = 10_000;

/** A log that has grown past this many bytes is moved aside (`NAME.log.1`) before the next start. */
const LOG_LIMIT = 16 * 1024 * 1024;

/**
 * Starts the process, or leaves the running one alone, and waits until it is ready. One that runs but does not become
 * ready is stopped and started once more. Two callers at once start it once.
 * Throws StackFailed with the end of the log when it ends early or is not ready in time.
 */
export function startManaged(home: string, wanted: ManagedProcess): Promise<ManagedStatus & { started: boolean }> {
  return withLock(home, wanted.name, async () => {
    const running = readRecord(home, wanted.name);
    if (running !== undefined && isAlive(running)) {
      const status = { name: wanted.name, pid: running.pid, log: logFile(home, wanted.name), started: false };
      const readyMs = Math.min(wanted.readyMs ?? READY_MS, 10_000);
      const ready = await untilReady({ ...wanted, readyMs }, () => isAlive(running)).then(
        () => true,
        () => false,
      );
      if (ready) return status;
    }
    await stop(home, wanted.name, 5000);
    return { ...(await start(home, wanted)), started: true };
  });
}

/** The process if it runs, whoever started it; `undefined` when it does not. */
export function managedStatus(home: string, name: string): ManagedStatus | undefined {
  const record = readRecord(home, name);
  if (record === undefined || !isAlive(record)) return undefined;
  return { name, pid: record.pid, log: logFile(home, name) };
}

/** Names of the processes that run in this state folder. */
export function managedNames(home: string): string[] {
  const folder = path.join(home, 'run');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return names.map((file) => file.slice(0, -'.json'.length)).filter((name) => managedStatus(home, name) !== undefined);
}

/**
 * Ends the process and waits until it is gone: gracefully, after `graceMs` (default: its own `stopMs`) by SIGKILL to its whole group.
 * False when there was nothing to stop. A process that merely has the same pid is left alone.
 */
export function stopManaged(home: string, name: string, options: { graceMs?: number } = {}): Promise<boolean> {
  const record = readRecord(home, name);
  if (record === undefined) return Promise.resolve(false);
  return withLock(home, name, () => stop(home, name, options.graceMs ?? record.stopMs ?? STOP_MS));
}

async function start(home: string, wanted: ManagedProcess): Promise<ManagedStatus> {
  const log = logFile(home, wanted.name);
  const output = openLog(log);
  const from = statSync(log).size;
  const child = spawn(wanted.command, wanted.args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: wanted.env ?? process.env,
    cwd: wanted.cwd ?? home,
    ...wanted.user,
  });
  closeSync(output);
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.unref();
  const { pid } = child;
  const ended = (): boolean => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  try {
    if (pid !== undefined) {
      const { stopSignal = 'SIGTERM', stopMs } = wanted;
      writePrivate(recordFile(home, wanted.name), {
        pid,
        mark: startMark(pid) ?? '',
        stopSignal,
        ...(stopMs !== undefined && { stopMs }),
      } satisfies ProcessRecord);
    }
    await untilReady(wanted, () => !ended());
    return { name: wanted.name, pid: pid!, log };
  } catch (cause) {
    const early = ended();
    await stop(home, wanted.name, 2000);
    if (cause instanceof SqliftError) throw cause;
    const end = readFileSync(log, 'utf8').slice(from).trimEnd().split('\n').slice(-8).join('\n');
    const why = failure?.message ?? (early ? 'it ended at once' : 'it did not become ready in time');
    throw new SqliftError(
      'StackFailed',
      `${wanted.name} did not start: ${why}. The end of ${log}:\n${end}`,
      { file: log },
      { cause },
    );
  }
}

async function untilReady(wanted: ManagedProcess, alive: () => boolean): Promise<void> {
  const deadline = Date.now() + (wanted.readyMs ?? READY_MS);
  for (let pause = 25; ; pause = Math.min(pause * 1.5, 500)) {
    try {
      await wanted.ready();
      if (alive()) return;
    } catch (error) {
      if (error instanceof SqliftError || Date.now() > deadline) throw error;
    }
    if (!alive()) throw new Error('the process has ended');
    await sleep(pause);
  }
}

async function stop(home: string, name: string, graceMs: number): Promise<boolean> {
  const record = readRecord(home, name);
  const alive = record !== undefined && isAlive(record);
  if (alive) {
    process.kill(record.pid, record.stopSignal);
    if (!(await gone(record, graceMs))) {
      // The group too: children of a server that is killed hard would keep its ports and files.
      process.kill(-record.pid, 'SIGKILL');
      await gone(record, 10_000);
    }
  }
  rmSync(recordFile(home, name), { force: true });
  return alive;
}

async function gone(record: ProcessRecord, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isAlive(record)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

function openLog(log: string): number {
  if (existsSync(log) && statSync(log).size > LOG_LIMIT) renameSync(log, `${log}.1`);
  return openSync(log, 'a', 0o600);
}

function logFile(home: string, name: string): string {
  return path.join(ensureFolder(path.join(home, 'logs')), `${name}.log`);
}

function recordFile(home: string, name: string): string {
  return path.join(ensureFolder(path.join(home, 'run')), `${name}.json`);
}

/** A record that is missing or damaged is none: then nothing is known to be ours, and nothing is killed. */
function readRecord(home: string, name: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(path.join(home, 'run', `${name}.json`), 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}
