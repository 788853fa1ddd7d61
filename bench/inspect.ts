import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dataset } from './datasets';
import { memoryMib, processTree } from './process-tree';
import { median } from './statistics';

/**
 * How fast `sqlift inspect` reads a file of 1 GB, and in how much memory, its child processes counted: `npm run bench:inspect`. Beside it,
 * in turns, how long the machine takes to read the file (`cat`) and to copy it, since both depend on what else it does. The file is in the
 * page cache after the first `cat`.
 */

const LIMIT_MIB = 256;
const LEAST_MB_PER_SECOND = 100;
const SAMPLE_MS = 10;
const CLI = path.join(__dirname, '..', 'dist/client/main.js');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      folder: { type: 'string', default: 'bench/.data' },
    },
  });
  const file = path.resolve(
    dataset('mixed', values.folder, values.rows === undefined ? undefined : Number(values.rows)),
  );
  const megabytes = statSync(file).size / 1e6;
  const home = mkdtempSync(path.join(path.dirname(file), 'inspect-'));
  const found: { seconds: number; mib: number; cat: number; copy: number }[] = [];
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      const cat = timed(() => execFileSync('sh', ['-c', 'cat "$0" > /dev/null', file]));
      const copied = path.join(home, 'copied');
      const copy = timed(() => execFileSync('cp', [file, copied]));
      rmSync(copied);
      const { seconds, mib } = await inspect(file, home);
      found.push({ seconds, mib, cat, copy });
      process.stdout.write(
        `round ${round}: inspect ${seconds.toFixed(2)} s, ${(megabytes / seconds).toFixed(0)} MB/s, peak ${mib.toFixed(0)} MiB; cat ${cat.toFixed(2)} s, cp ${copy.toFixed(2)} s; load ${os.loadavg()[0]!.toFixed(1)} on ${os.cpus().length} processors\n`,
      );
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  const seconds = median(found.map((one) => one.seconds));
  const copy = median(found.map((one) => one.copy));
  const speed = megabytes / seconds;
  const peak = Math.max(...found.map(({ mib }) => mib));
  const fits = speed >= LEAST_MB_PER_SECOND && peak < LIMIT_MIB;
  process.stdout.write(
    `median of ${found.length}: ${megabytes.toFixed(0)} MB in ${seconds.toFixed(2)} s, ${speed.toFixed(0)} MB/s (${(seconds / copy).toFixed(1)} times cp), peak ${peak.toFixed(0)} MiB: ` +
      `${fits ? 'within' : 'NOT within'} ${LEAST_MB_PER_SECOND} MB/s and ${LIMIT_MIB} MiB\n`,
  );
  if (!fits) process.exitCode = 1;
}

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}

/** Seconds from start to end of the command, and the most that it and its child processes occupied together. */
async function inspect(file: string, home: string): Promise<{ seconds: number; mib: number }> {
  const begun = performance.now();
  const child = spawn(process.execPath, [CLI, 'inspect', file], {
    env: { ...process.env, SQLIFT_HOME: home },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, residentMib(child.pid!))), SAMPLE_MS);
  const [code] = (await once(child, 'exit')) as [number];
  clearInterval(timer);
  if (code !== 0) throw new Error(`inspect ended with ${code}`);
  return { seconds: (performance.now() - begun) / 1000, mib: most };
}

/** Resident memory of a process and of all below it; pages that they share count for each. */
function residentMib(pid: number): number {
  return processTree(pid).reduce((sum, id) => sum + memoryMib(id, 'VmRSS'), 0);
}

void main();
