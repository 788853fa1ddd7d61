import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SqliftError } from '../../../core/errors';
import type { ErrorCode } from '../../../core/errors';

const shared = resolve(__dirname, '../../../../shared');

/** `test` where the shared data is beside the checkout; users don't have it. */
export const testWithShared = existsSync(join(shared, 'data')) ? test : test.skip;

export function sharedData(path: string): string {
  return join(shared, 'data', path);
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that goes away after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sqlift-sqlite-'));
  folders.push(folder);
  return folder;
}

/**
 * Makes the torture databases and `truth.json` in `folder`, and returns the folder of the databases. The script is run from
 * a copy: it writes beside itself, too, and the shared folder is not ours to write to.
 */
export function makeTorture(folder: string): string {
  const script = join(folder, 'make_torture.py');
  copyFileSync(sharedData('torture/make_torture.py'), script);
  chmodSync(script, 0o600);
  execFileSync('python3', [script, join(folder, 'out')], { stdio: 'ignore' });
  return join(folder, 'out');
}

/** The digest of every file whose name begins with the source's, by name: proves that none changed, came or went. */
export function fingerprint(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

export async function expectFailure(work: Promise<unknown>, code: ErrorCode, text: string): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SqliftError);
  expect({ code: (error as SqliftError).code, message: (error as SqliftError).message }).toEqual({
    code,
    message: expect.stringContaining(text),
  });
}

/**
 * Runs JavaScript in another process, with `Database` (better-sqlite3), `path` and `say` at hand, and waits until it has
 * said something. It goes on until it is killed.
 */
export async function inOtherProcess(path: string, program: string): Promise<ChildProcess> {
  const preamble = `
    const Database = require(${JSON.stringify(require.resolve('better-sqlite3'))});
    const path = ${JSON.stringify(path)};
    const say = () => process.stdout.write('.');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['-e', preamble + program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.stdout.resume();
  return child;
}

/** Ends a process as a power failure would: it closes nothing. */
export async function crash(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
