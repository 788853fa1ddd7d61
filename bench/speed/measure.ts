import { spawn } from 'node:child_process';
import type { Command } from '../command';
import { memoryMib, processTree } from '../process-tree';

/** What a contestant took. */
export interface Figures {
  seconds: number;
  /** User and system time of its processes; the servers' not. */
  cpuSeconds?: number;
  /** The most that its largest process occupied. */
  peakMib?: number;
  /** Parts of `seconds`, by name. */
  phases?: Record<string, number>;
}

/** Whatever takes longer than this hangs. */
const LIMIT_SECONDS = 1_800;
const SAMPLE_MS = 20;
/** A shell is the one standard program that says what its children took. It costs about a millisecond. */
const TIMED = ['-c', '"$@"; code=$?; times >&3; exit $code', 'sh'];

/**
 * Runs a program from start to end, in a process group of its own that is ended as a whole after so many seconds.
 * Throws with the end of what it printed when its exit code is not 0.
 */
export async function measured(
  { command, args, env, cwd }: Command,
  limitSeconds = LIMIT_SECONDS,
): Promise<{ figures: Figures; stdout: string }> {
  const begun = performance.now();
  const child = spawn('sh', [...TIMED, command, ...args], {
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdio[1]);
  const stderr = collect(child.stdio[2]);
  const times = collect(child.stdio[3] as NodeJS.ReadableStream);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, limitSeconds * 1000);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const { result: code, peakMib } = await withPeak(child.pid!, ended).finally(() => clearTimeout(timer));
  const seconds = (performance.now() - begun) / 1000;
  if (late) throw new Error(`it did not end within ${limitSeconds} s`);
  if (code !== 0)
    throw new Error(
      `it ended with ${code}: ${lastLines(`${stdout()}
${stderr()}`)}`,
    );
  const figures = { seconds, cpuSeconds: childrenSeconds(times()), ...(peakMib > 0 && { peakMib }) };
  return { figures, stdout: stdout() };
}

/** The most that the largest of a process and those below it occupied during the work, looked at again and again; 0 where nothing is known. */
export async function withPeak<T>(pid: number, work: Promise<T>): Promise<{ result: T; peakMib: number }> {
  let peakMib = 0;
  const look = () => {
    for (const id of processTree(pid)) peakMib = Math.max(peakMib, memoryMib(id, 'VmHWM'));
  };
  const timer = setInterval(look, SAMPLE_MS);
  try {
    const result = await work;
    look();
    return { result, peakMib };
  } finally {
    clearInterval(timer);
  }
}

/** The second line of `times`, which is of the shell's children: `0m1.250000s 0m0.310000s`. */
export function childrenSeconds(times: string): number {
  const line = times.trim().split('\n').at(-1)!;
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
    0,
  );
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-5).join(' | ').slice(-1_000);

/** What a report of a thousand tables needs, and an end to what a tool may say. */
const KEPT = 16 << 20;

function collect(stream: NodeJS.ReadableStream | null | undefined): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (piece: string) => (text = (text + piece).slice(-KEPT)));
  return () => text;
}
