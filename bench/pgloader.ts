import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Client } from 'pg';
import { dataset } from './datasets';
import { BenchSession, median, phaseSeconds } from './session';

/**
 * sqlift's transform and import against the whole of pgloader, on one table, in turns, each into a fresh database with its primary
 * key made: `npm run bench:pgloader`. Needs Debian's package `pgloader`.
 */

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      folder: { type: 'string', default: 'bench/.data' },
    },
  });
  const rows = Number(values.rows);
  const file = path.resolve(dataset('wide', values.folder, rows));
  const session = await BenchSession.open();
  const times = { sqlift: [] as number[], whole: [] as number[], pgloader: [] as number[] };
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      await session.inDatabase(async (url) => {
        const report = await session.migrate(file, url);
        times.sqlift.push(phaseSeconds(report, 'transform', 'import'));
        times.whole.push(report.seconds);
        await expectRows(url, rows);
      });
      await session.inDatabase(async (url) => {
        times.pgloader.push(await pgloader(file, url));
        await expectRows(url, rows);
      });
      process.stdout.write(
        `round ${round}: sqlift ${times.sqlift.at(-1)!.toFixed(2)} s (whole run ${times.whole.at(-1)!.toFixed(2)} s), pgloader ${times.pgloader.at(-1)!.toFixed(2)} s\n`,
      );
    }
  } finally {
    await session.close();
  }
  const ratio = median(times.pgloader) / median(times.sqlift);
  process.stdout.write(
    `medians of ${values.rounds}: transform + import ${median(times.sqlift).toFixed(2)} s, pgloader ${median(times.pgloader).toFixed(2)} s: ` +
      `sqlift is ${ratio.toFixed(1)} times as fast (its whole run, census and verification included, ${median(times.whole).toFixed(2)} s)\n`,
  );
  if (ratio < 1) process.exitCode = 1;
}

/**
 * Seconds that pgloader takes for tables, rows, keys and sequences. `include drop`: without it this version makes no keys.
 * `prefetch rows`: with its default of 100,000 it was once seen to sleep for ever on this table, for a reason not known.
 */
async function pgloader(file: string, url: string): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-bench-'));
  try {
    const script = path.join(folder, 'wide.load');
    writeFileSync(
      script,
      `LOAD DATABASE FROM sqlite://${file} INTO ${url} WITH include drop, create tables, create indexes, reset sequences, prefetch rows = 10000;\n`,
      { mode: 0o600 },
    );
    const begun = performance.now();
    const running = promisify(execFile)('pgloader', ['--root-dir', folder, script]);
    running.child.stdin?.end();
    await running;
    return (performance.now() - begun) / 1000;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** pgloader ends with success also when it has not loaded everything. */
async function expectRows(url: string, rows: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'p' AND connamespace::regnamespace::text NOT IN ('sqlift', 'pg_catalog')`,
    );
    if (tables.length !== 1) throw new Error(`expected one table with a primary key, found ${tables.length}`);
    const found = await client.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM ${tables[0]!.name}`);
    if (found.rows[0]!.count !== rows) throw new Error(`expected ${rows} rows, found ${found.rows[0]!.count}`);
  } finally {
    await client.end();
  }
}

void main();
