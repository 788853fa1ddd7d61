import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { DATASETS, usualRows } from '../datasets';
import { BenchServers, POSTGRES_SETTINGS } from '../servers';
import { CONTESTANTS } from './contestants';
import type { Contestant } from './contestant';
import { prepareSet } from './prepared-set';
import { runRounds } from './rounds';
import type { Outcome } from './rounds';
import { table } from './table';

/** `npm run bench`: how fast sqlift is beside PostgreSQL's own limit and beside other tools. See docs/performance.md. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: 'wide,narrow,many,blobs,json' },
      only: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      rows: { type: 'string' },
      json: { type: 'string' },
      folder: { type: 'string', default: 'bench/.data' },
    },
  });
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const names = chosen('data set', values.data, DATASETS);
  const wanted = chosen(
    'contestant',
    values.only,
    CONTESTANTS.map(({ name }) => name),
  );
  const contestants = await installed(
    CONTESTANTS.filter(({ name }) => wanted.includes(name)),
    say,
  );
  const results: { set: string; rows: number; outcomes: Outcome[] }[] = [];
  const servers = await BenchServers.open();
  try {
    for (const name of names) {
      const rows = values.rows === undefined ? usualRows(name) : Number(values.rows);
      const set = await prepareSet(name, values.folder, rows, servers);
      const outcomes = await runRounds(set, contestants, Number(values.rounds), servers, say);
      results.push({ set: name, rows, outcomes });
      process.stdout.write(`\n${name}\n${table(outcomes, contestants)}\n`);
    }
  } finally {
    await servers.close();
  }
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      JSON.stringify(
        {
          date: new Date().toISOString(),
          cpus: os.cpus().map(({ model }) => model),
          load: os.loadavg(),
          settings: POSTGRES_SETTINGS,
          results,
        },
        null,
        2,
      ),
    );
}

function chosen<T extends string>(what: string, list: string | undefined, all: readonly T[]): T[] {
  if (list === undefined) return [...all];
  return list.split(',').map((name) => {
    const found = all.find((candidate) => candidate === name);
    if (found === undefined) throw new Error(`no ${what} ${name}: there are ${all.join(', ')}`);
    return found;
  });
}

async function installed(contestants: readonly Contestant[], say: (line: string) => void): Promise<Contestant[]> {
  const versions = await Promise.all(contestants.map((contestant) => contestant.version()));
  return contestants.filter(({ name }, i) => {
    if (versions[i] === undefined) say(`${name} is not installed: left out`);
    return versions[i] !== undefined;
  });
}

void main();
