import { createInterface } from 'node:readline/promises';
import { SqliftError } from '../core/errors';
import type { Context } from './context';

/**
 * Asks to type the run's id before something is destroyed. Without a terminal to ask in, `--yes` is needed.
 * Throws UsageInvalid when it is not given or the answer differs.
 */
export async function confirmRun(context: Context, run: string, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  const { terminal } = context;
  if (!terminal.asks) throw new SqliftError('UsageInvalid', `${what} needs --yes where nobody can be asked`);
  terminal.error(`${what}.`);
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await questions.question(`Type the run's id to go on (${run}): `);
    if (answer.trim() !== run)
      throw new SqliftError('UsageInvalid', 'The answer is not the run’s id; nothing was done');
  } finally {
    questions.close();
  }
}
