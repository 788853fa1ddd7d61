import { spawn } from 'node:child_process';
import type { Names } from '../oracle/target';

/** What a tool said of what it did not carry, or not as it was. `any`: a line of a log, which may be about anything. */
export interface Declaration {
  about: 'rows' | 'column' | 'object' | 'any';
  text: string;
}

export interface ToolRun {
  /** Exit code; null when a signal or the time limit ended it. */
  exit: number | null;
  hung: boolean;
  /** Everything that it printed. */
  log: string;
  declarations: Declaration[];
  /** Rows that it says it refused, by source table. */
  rejected: ReadonlyMap<string, number>;
  names: Names;
}

export interface Tool {
  name: string;
  /** Version, or undefined where it is not installed. */
  version(): Promise<string | undefined>;
  /** The settings that it runs with, for the table's foot. */
  settings: string;
  run(file: string, url: string, folder: string): Promise<ToolRun>;
}

export interface Ended {
  exit: number | null;
  hung: boolean;
  stdout: string;
  stderr: string;
}

/** Runs a program in a process group of its own, and ends the whole group when it takes longer than `seconds`. */
export async function runProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  seconds: number,
  cwd?: string,
): Promise<Ended> {
  const child = spawn(command, args, {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  const ended: Ended = { exit: null, hung: false, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
  const timer = setTimeout(() => {
    ended.hung = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, seconds * 1000);
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...ended, exit: code });
    });
  });
}

const COMPLAINT =
  /\b(error|fatal|warn(ing)?|fail(ed|ure|ures)?|exception|skip(ped|ping)?|reject(ed)?|refus(ed|ing)|ignor(ed|ing)|unsupported|cannot|could not|unable|invalid|not supported|debugger)\b/i;

/** The lines of a log that complain, each with the two after it, where databases put detail and context. */
export function complaints(log: string): Declaration[] {
  const lines = log.replace(/\u001b\[[0-9;]*m/g, '').split('\n');
  return lines.flatMap((line, i) =>
    COMPLAINT.test(line) ? [{ about: 'any' as const, text: lines.slice(i, i + 3).join('\n') }] : [],
  );
}

/** Names as PostgreSQL itself would make them of the source's, or as is usual among tools. */
export const usualNames: Names = {
  table: usual,
  column: (_, source) => usual(source),
  tagged: () => false,
};

function usual(source: string): string[] {
  const snake = source.replace(/[^\p{L}\p{N}_]+/gu, '_');
  const names = [source, source.toLowerCase(), snake, snake.toLowerCase()];
  return [...names, ...names.map(cut)];
}

/** The first 63 bytes, which is what PostgreSQL keeps of a name. */
function cut(name: string): string {
  let bytes = 0;
  return [...name].filter((character) => (bytes += Buffer.byteLength(character)) <= 63).join('');
}
