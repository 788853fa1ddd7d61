import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { measured } from './measure';
import type { Command, Figures } from './measure';

const LIMIT_SECONDS = 3_600;

/** psql's version, or undefined where it is not installed. */
export function psqlVersion(): string | undefined {
  try {
    return /[\d.]+/.exec(execFileSync('psql', ['--version'], { encoding: 'utf8', stdio: 'pipe' }))?.[0];
  } catch {
    return undefined;
  }
}

/** psql with a script of these lines, which ends at the first that fails. */
export function psql(url: string, folder: string, lines: readonly string[]): Command {
  const script = path.join(folder, 'script.sql');
  writeFileSync(script, `${lines.join('\n')}\n`);
  return { command: 'psql', args: ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', script, url] };
}

export async function runSql(url: string, folder: string, lines: readonly string[]): Promise<Figures> {
  return measured(psql(url, folder, lines), LIMIT_SECONDS);
}
