import { parseArgs } from 'node:util';
import { dataset } from './datasets';
import { memoryMib } from './process-tree';
import { BenchServers } from './servers';
import { BenchWorker } from './worker';

/** How much memory a worker takes while it migrates a file of 1 GB, alone: census, import, verification. `npm run bench:memory`. */

const LIMIT_MIB = 512;
const SAMPLE_MS = 50;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rows: { type: 'string' }, folder: { type: 'string', default: 'bench/.data' } },
  });
  const file = dataset('mixed', values.folder, values.rows === undefined ? undefined : Number(values.rows));
  const servers = await BenchServers.open();
  try {
    const worker = await BenchWorker.start(servers);
    const idle = memoryMib(worker.pid, 'VmRSS');
    const samples: { at: number; mib: number }[] = [];
    const timer = setInterval(() => samples.push({ at: Date.now(), mib: memoryMib(worker.pid, 'VmRSS') }), SAMPLE_MS);
    const { report } = await servers.inDatabase((url) => worker.migrate(file, url)).finally(() => clearInterval(timer));
    const peak = memoryMib(worker.pid, 'VmHWM');
    await worker.close();
    // The last thing a run does is to write its report.
    let from = Date.now() - report.seconds * 1000;
    for (const { name, seconds } of report.phases) {
      const until = from + seconds * 1000;
      const highest = Math.max(0, ...samples.filter(({ at }) => at >= from && at <= until).map(({ mib }) => mib));
      process.stdout.write(
        `${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s  ${highest.toFixed(0).padStart(4)} MiB\n`,
      );
      from = until;
    }
    const fits = peak < LIMIT_MIB;
    process.stdout.write(
      `idle ${idle.toFixed(0)} MiB, peak ${peak.toFixed(0)} MiB: ${fits ? 'under' : 'OVER'} ${LIMIT_MIB} MiB\n`,
    );
    if (!fits) process.exitCode = 1;
  } finally {
    await servers.close();
  }
}

void main();
