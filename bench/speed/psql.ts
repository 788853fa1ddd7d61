import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from '../command';
import { measured } from './measure';
import type { Figures } from './measure';

/** psql with a script of these lines, which ends at the first that fails. */
function psql(url: string, folder: string, lines: readonly string[]): Command {
  const script = path.join(folder, 'script.sql');
  writeFileSync(script, `${lines.join('\n')}\n`);
  return { command: 'psql', args: ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', script, url] };
}

export async function runSql(url: string, folder: string, lines: readonly string[]): Promise<Figures> {
  return (await measured(psql(url, folder, lines))).figures;
}
