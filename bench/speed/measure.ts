import { spawn } from 'node:child_process';
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

export interface Command {
  command: string;
  args: readonly string[];
  /** Besides this process's own environment. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

const SAMPLE_MS = 20;
/** A shell is the one standard program that says what its children took. It costs about a millisecond. */
const TIMED = ['-c', '"$@"; code=$?; times >&3; exit $code', 'sh'];

/**
 * Runs a program from start to end, in a process group of its own that is ended as a whole after so many seconds.
 * Throws with the end of what it printed when its exit code is not 0.
 */
export async function measured({ command, args, env, cwd }: Command, limitSeconds: number): Promise<Figures> {
  const begun = performance.now();
  const child = spawn('sh', [...TIMED, command, ...args], {
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const output = collect(child.stdio[1], child.stdio[2]);
  const times = collect(child.stdio[3] as NodeJS.ReadableStream);
  const peaks = watchMemory(child.pid!);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, limitSeconds * 1000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearTimeout(timer));
  const seconds = (performance.now() - begun) / 1000;
  const peakMib = peaks();
  if (late) throw new Error(`it did not end within ${limitSeconds} s`);
  if (code !== 0) throw new Error(`it ended with ${code}: ${output().trim().split('\n').slice(-5).join(' | ')}`);
  return { seconds, cpuSeconds: childrenSeconds(times()), ...(peakMib > 0 && { peakMib }) };
}

/** Looks again and again at the processes below this one. Gives the largest peak when called, and stops. */
export function watchMemory(pid: number): () => number {
  let most = 0;
  const look = () => {
    for (const id of processTree(pid)) most = Math.max(most, memoryMib(id, 'VmHWM'));
  };
  const timer = setInterval(look, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}

/** The second line of `times`, which is of the shell's children: `0m1.250000s 0m0.310000s`. */
export function childrenSeconds(times: string): number {
  const line = times.trim().split('\n').at(-1)!;
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
    0,
  );
}

const KEPT = 100_000;

function collect(...streams: (NodeJS.ReadableStream | null | undefined)[]): () => string {
  let text = '';
  for (const stream of streams)
    stream?.setEncoding('utf8').on('data', (piece: string) => (text = (text + piece).slice(-KEPT)));
  return () => text;
}
