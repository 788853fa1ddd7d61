import { statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { usualRows } from '../datasets';
import { HOW_TO_INSTALL } from '../peers/programs';
import { BenchServers, POSTGRES_SETTINGS } from '../servers';
import { wanted } from './check';
import { CONTESTANTS } from './contestants';
import type { Contestant } from './contestant';
import { USAGE, readOptions } from './options';
import type { Options } from './options';
import { page } from './page';
import { prepareSet } from './prepared-set';
import type { Results, SetResults } from './results';
import { runRounds } from './rounds';
import { scaleText, steps } from './scale';
import { setText } from './table';

/** `npm run bench`: how fast sqlift is beside PostgreSQL's own limit and beside other tools. See docs/performance.md. */
async function main(options: Options): Promise<void> {
  if (options.list) return list();
  const before = os.loadavg()[0]!;
  const contestants = installed(options.contestants);
  if (contestants.length === 0) throw new Error('none of them is installed');
  const servers = await BenchServers.open();
  let sets: SetResults[];
  try {
    sets = await measureAll(
      options,
      contestants.map(({ contestant }) => contestant),
      servers,
    );
  } finally {
    await servers.close();
  }
  const [first] = os.cpus();
  const results: Results = {
    date: new Date().toISOString(),
    machine: {
      processors: os.cpus().length,
      model: first?.model ?? 'unknown',
      memoryGib: Math.round(os.totalmem() / 2 ** 30),
      system: `${os.type()} ${os.release()}`,
      node: process.version,
      load: { before, after: os.loadavg()[0]! },
    },
    postgres: { version: servers.version, settings: POSTGRES_SETTINGS },
    contestants: contestants.map(({ contestant: { name, kind, title, against, without }, version }) => ({
      name,
      kind,
      title,
      ...(against !== undefined && { against }),
      without,
      version,
    })),
    sets,
  };
  if (options.scale !== undefined) process.stdout.write(`\n${scaleText(results)}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, page(results));
  // Peers may fail, the limit and sqlift itself must not.
  const ours = new Set(results.contestants.filter(({ kind }) => kind !== 'peer').map(({ name }) => name));
  const isInvalid = sets.some(({ outcomes }) =>
    outcomes.some(({ contestant, runs }) => ours.has(contestant) && runs.some(({ figures }) => figures === undefined)),
  );
  if (isInvalid) process.exitCode = 1;
}

/** Prints each data set's table as soon as it is there. */
async function measureAll(
  { data, rounds, folder, scale }: Options,
  contestants: readonly Contestant[],
  servers: BenchServers,
): Promise<SetResults[]> {
  const sets: SetResults[] = [];
  for (const { name, rows: asked } of data) {
    for (const rows of scale === undefined ? [asked ?? usualRows(name)] : steps(scale.maxRows)) {
      const set = await prepareSet(name, folder, rows, servers);
      const outcomes = await runRounds(set, contestants, rounds, servers, say);
      const { size } = statSync(set.file);
      sets.push({ name, rows, tables: set.mapping.tables.length, bytes: size, wanted: wanted(set), outcomes });
      process.stdout.write(`\n${setText(contestants, sets.at(-1)!)}\n`);
    }
  }
  return sets;
}

function installed(contestants: readonly Contestant[]): { contestant: Contestant; version: string }[] {
  return contestants.flatMap((contestant) => {
    const version = contestant.version();
    if (version !== undefined) return [{ contestant, version }];
    say(`${contestant.name} is not installed: left out (${HOW_TO_INSTALL})`);
    return [];
  });
}

function list(): void {
  for (const { name, title, version } of CONTESTANTS)
    process.stdout.write(`${name.padEnd(16)} ${(version() ?? 'not installed').padEnd(16)} ${title}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

void (async () => {
  try {
    await main(readOptions(process.argv.slice(2)));
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 1;
  }
})();
