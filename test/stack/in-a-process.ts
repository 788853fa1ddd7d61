import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ServerName } from '../../stack';

const ROOT = path.resolve(__dirname, '..', '..');

const SCRIPT = `
  const { stackUp } = require('./stack');
  stackUp({ home: process.argv[1], servers: process.argv.slice(2) }).then(
    (status) => { process.stdout.write(JSON.stringify(status)); process.exit(0); },
    (error) => { console.error(error); process.exit(1); },
  );`;

/** Starts the stack from a process of its own, which ends at once afterwards; gives what `stackUp` gave there. */
export async function stackUpElsewhere(
  home: string,
  servers: readonly ServerName[] = ['postgres', 'temporal'],
): Promise<unknown> {
  const args = ['--require', path.join(ROOT, 'test', 'support', 'typescript.js'), '-e', SCRIPT, home, ...servers];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return JSON.parse(stdout);
}
