import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { managedStatus, stackUp } from '../stack';
import { memoryMib } from './process-tree';
import { BenchServers } from './servers';
import { BenchWorker } from './worker';

/**
 * How fast a run fills Redis, beside `redis-benchmark` on the same server, by turns: `npm run bench:cache`. Needs redis-benchmark on the PATH
 * (Debian: `apt-get install redis-tools`). The phase is the run's own: what it reads from its files and notes in its ledger is in it.
 */

const LEAST_SHARE = 0.5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      as: { type: 'string', default: 'string' },
      folder: { type: 'string', default: 'bench/.data' },
    },
  });
  const [keys, rounds] = [Number(values.keys), Number(values.rounds)];
  mkdirSync(values.folder, { recursive: true });
  const folder = mkdtempSync(path.join(path.resolve(values.folder), 'cache-'));
  const file = path.join(folder, 'cache.db');
  makeSource(file, keys);
  const servers = await BenchServers.open();
  const { redis } = await stackUp({ home: servers.home, servers: ['redis'] });
  process.env.REDIS_URL = redis!.url;
  const client = new Redis(redis!.url);
  const worker = await BenchWorker.start(servers);
  const section = `\ncache:\n  keys:\n    table: rows\n    key: key:{id}\n    as: ${values.as}\n${values.as === 'string' ? `    value: '{value}'\n` : ''}`;
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await client.flushall();
      theirs.push(await benchmark(redis!.url, keys));
      await client.flushall();
      const { report, figures } = await servers.inDatabase((url) =>
        worker.migrate(file, url, (plan) => appendFileSync(plan, section)),
      );
      const phase = report.phases.find(({ name }) => name === 'cache')!.seconds;
      ours.push(keys / phase);
      const { pid } = managedStatus(servers.home, 'redis')!;
      const phases = report.phases.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`).join(', ');
      print(
        `round ${round + 1}: redis-benchmark ${theirs.at(-1)!.toFixed(0)}/s, phase cache ${ours.at(-1)!.toFixed(0)}/s (${phase.toFixed(2)} s of ${figures.seconds.toFixed(1)} s: ${phases}); worker ${memoryMib(worker.pid, 'VmHWM').toFixed(0)} MiB at most, Redis ${memoryMib(pid, 'VmHWM').toFixed(0)} MiB`,
      );
    }
    const share = median(ours) / median(theirs);
    print(
      `${keys} keys, ${values.as}: ${median(ours).toFixed(0)} a second, ${(share * 100).toFixed(0)} % of redis-benchmark’s ${median(theirs).toFixed(0)} (medians of ${rounds}); load ${os.loadavg()[0]!.toFixed(1)} on ${os.cpus().length} processors`,
    );
    if (share < LEAST_SHARE) process.exitCode = 1;
  } finally {
    client.disconnect();
    await worker.close();
    await servers.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeSource(file: string, rows: number): void {
  const db = new Database(file);
  db.exec(`CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO rows SELECT i, printf('value %010d', i) FROM n;`);
  db.close();
}

/** SETs a second, of as many keys with values of the same size. */
async function benchmark(url: string, keys: number): Promise<number> {
  const { hostname, port, password } = new URL(url);
  const args = [
    '-h',
    hostname,
    '-p',
    port,
    '-n',
    String(keys),
    '-r',
    String(keys),
    '-P',
    '16',
    '-d',
    '16',
    '-t',
    'set',
    '--csv',
    // It knows no variable for it; the server is private, and gone afterwards.
    ...(password === '' ? [] : ['-a', password]),
  ];
  const text = execFileSync('redis-benchmark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return Number(/"SET","([\d.]+)"/.exec(text)![1]);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

void main();
