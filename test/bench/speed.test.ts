import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { DATASETS, dataset } from '../../bench/datasets';
import { check, missing } from '../../bench/speed/check';
import type { PreparedSet } from '../../bench/speed/contestant';
import { CONTESTANTS } from '../../bench/speed/contestants';
import { childrenSeconds, measured } from '../../bench/speed/measure';
import { readOptions } from '../../bench/speed/options';
import { page } from '../../bench/speed/page';
import { linesOf } from '../../bench/speed/results';
import type { Results, SetResults } from '../../bench/speed/results';
import { scaleText, steps } from '../../bench/speed/scale';
import { STAGING } from '../../bench/speed/sqlift/adapter';
import { inChild } from '../../bench/speed/sqlift/child';
import { inLanes } from '../../bench/speed/sqlift/lanes';
import { setText } from '../../bench/speed/table';
import { exponent, median, ratioByRound, rotated, spread } from '../../bench/statistics';
import { tableMapping } from '../activities/verify/fixture';
import { createDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

/** The benchmark is what speed is judged by: its arithmetic, what it counts, and how it shows what does not count. */

test('the median of an even number lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), spread([2, 9, 4]), spread([])]).toEqual([
    2,
    2.5,
    { median: 4, least: 2, most: 9 },
    undefined,
  ]);
});

test('ratios are taken within rounds: a slow round and a run that does not count do not decide', () => {
  // The second round was ten times as slow for both, the third lacks one of them.
  expect(ratioByRound([2, 30, 8, 2.2], [1, 10, undefined, 1])).toBe(2.2);
  expect(ratioByRound([1, 2], [undefined, undefined])).toBeUndefined();
  expect(ratioByRound([1, 2], [])).toBeUndefined();
});

test('each contestant is the first of some round', () => {
  expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  expect(rotated([], 3)).toEqual([]);
});

test('the exponent is that of the power law the points lie on', () => {
  const of = (cost: (x: number) => number) => exponent([1e4, 1e5, 1e6, 1e7].map((x) => ({ x, y: cost(x) })))!;
  expect(of((x) => 3 * x)).toEqual({ exponent: expect.closeTo(1, 10), r2: expect.closeTo(1, 10) });
  expect(of((x) => 0.1 * x ** 1.5).exponent).toBeCloseTo(1.5, 10);
  expect(of((x) => x * Math.log(x)).exponent).toBeGreaterThan(1.05);
  expect(of((x) => 2 + x / 1e6).r2).toBeLessThan(0.95);
  expect(exponent([{ x: 1, y: 1 }])).toBeUndefined();
});

test('steps end with the largest, which need not be a multiple', () => {
  expect(steps(50_000_000)).toEqual([10_000, 50_000, 250_000, 1_250_000, 6_250_000, 31_250_000, 50_000_000]);
  expect(steps(10_000)).toEqual([10_000]);
});

test('lanes hold no more than they should, and the first failure ends them', async () => {
  let now = 0;
  let most = 0;
  const seen: number[] = [];
  const work = async (item: number): Promise<void> => {
    most = Math.max(most, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 1));
    now -= 1;
    seen.push(item);
    if (item === 6) throw new Error('six');
  };
  await inLanes([1, 2, 3, 4, 5], 2, work);
  expect([most, seen.toSorted((a, b) => a - b)]).toEqual([2, [1, 2, 3, 4, 5]]);
  await expect(inLanes([6, 7, 8, 9, 10, 11], 2, work)).rejects.toThrow('six');
  expect(now).toBe(0);
  expect(seen).not.toContain(11);
});

test('a program is measured with all that it starts', async () => {
  const burn = `const until = Date.now() + 300; while (Date.now() < until); Buffer.alloc(80 << 20, 1)`;
  const args = ['-c', '"$0" -e "$1" & wait; echo done', process.execPath, burn];
  const { figures, stdout } = await measured({ command: 'sh', args });
  expect(stdout).toBe('done\n');
  expect(figures.seconds).toBeGreaterThan(0.3);
  expect(figures.cpuSeconds).toBeGreaterThan(0.2);
  if (process.platform === 'linux') expect(figures.peakMib).toBeGreaterThan(30);
});

test('a program that fails says why, and one that does not end is ended with all that it started', async () => {
  await expect(measured({ command: 'sh', args: ['-c', 'echo no such table >&2; exit 3'] })).rejects.toThrow(
    'it ended with 3: no such table',
  );
  const begun = performance.now();
  await expect(measured({ command: 'sh', args: ['-c', 'sleep 60 & wait'] }, 0.3)).rejects.toThrow('did not end');
  expect(performance.now() - begun).toBeLessThan(20_000);
});

test('what shells print of processor time is read, whichever they are', () => {
  expect(childrenSeconds('0m0.001000s 0m0.002000s\n1m2.500000s 0m0.250000s\n')).toBeCloseTo(62.75);
  expect(childrenSeconds('0m0.001s 0m0.002s\n0m0.010s 2m0.000s\n')).toBeCloseTo(120.01);
});

test('options: short ones are smaller, names are checked', () => {
  const names = (args: string[]) => readOptions(args).contestants.map(({ name }) => name);
  expect(names(['--only', 'load,limit'])).toEqual(['limit', 'load']);
  expect(names([])).toEqual(CONTESTANTS.map(({ name }) => name));
  expect(names(['--short'])).not.toContain('sling');
  expect(names(['--scale'])).toEqual(['load', 'verify', 'run']);
  expect(readOptions(['--short']).data).toContainEqual({ name: 'wide', rows: 100_000 });
  expect(readOptions(['--short', '--rows', '7', '--data', 'many']).data).toEqual([{ name: 'many', rows: 7 }]);
  expect(() => readOptions(['--data', 'tall'])).toThrow(`no data set tall: there are ${DATASETS.join(', ')}`);
  expect(() => readOptions(['--only', 'copy'])).toThrow('no contestant copy');
  expect(() => readOptions(['--rounds', '0'])).toThrow('--rounds: expected a whole number from 1 on, got 0');
});

const set: SetResults = {
  name: 'many',
  rows: 500,
  tables: 2,
  bytes: 6_000_000,
  wanted: { primaryKeys: 2, indexes: 4, foreignKeys: 1 },
  outcomes: [
    { contestant: 'limit', runs: [1, 10].map((seconds, round) => ({ round, figures: { seconds, cpuSeconds: 0.5 } })) },
    {
      contestant: 'load',
      runs: [
        { round: 0, figures: { seconds: 1.5, peakMib: 100, phases: { import: 1.4 } } },
        { round: 1, figures: { seconds: 11, peakMib: 140, phases: { import: 10 } } },
      ],
    },
    {
      contestant: 'pgloader',
      runs: [
        {
          round: 0,
          figures: { seconds: 6 },
          arrived: {
            wrong: [],
            built: { primaryKeys: 2, indexes: 1, foreignKeys: 0 },
            types: ['a.price is real, not <b>'],
          },
        },
        { round: 1, invalid: '1 table with other rows: a: 3 of 4 rows' },
      ],
    },
  ],
};
const entrants = [
  { name: 'limit', kind: 'limit' as const, title: 'the limit', without: ['reading'], version: '15' },
  { name: 'load', kind: 'own' as const, title: 'the load', against: 'limit', without: [], version: '1' },
  {
    name: 'pgloader',
    kind: 'peer' as const,
    title: 'pgloader',
    against: 'limit',
    without: ['verification'],
    version: '3',
  },
];

test('the table shows medians, ratios of rounds, what was not done and what does not count', () => {
  expect(setText(entrants, set)).toBe(`many: 500 rows × 2 tables, 6.0 MB
            runs            seconds  CPU s  MiB       against  pgloader ÷  DuckDB ÷
limit          2  5.50 (1.00–10.00)   0.50    –             –        6.00         –
load           2  6.25 (1.50–11.00)      –  140  1.30 × limit        4.00         –
pgloader  1 of 2   6.00 (6.00–6.00)      –    –  6.00 × limit           –         –
  limit: without reading
  load: import 5.70
  pgloader: without verification
  pgloader: found 1 of 4 indexes; 0 of 1 foreign keys; a.price is real, not <b>
  pgloader: DOES NOT COUNT, 1 table with other rows: a: 3 of 4 rows`);
});

const results: Results = {
  date: '2026-11-21T15:00:00.000Z',
  machine: { processors: 2, model: 'x', memoryGib: 24, system: 'Linux', node: 'v20', load: { before: 1, after: 2 } },
  postgres: { version: '15.18', settings: { shared_buffers: '1GB' } },
  contestants: entrants,
  sets: [set],
};

test('the page holds the same, a bar for each median, and no markup of anybody else', () => {
  const html = page(results);
  expect(html).toContain('6.25 (1.50–11.00)');
  expect(html.match(/<rect /g)).toHaveLength(3);
  expect(html).toContain('Does not count: 1 table with other rows');
  expect(html).toContain('a.price is real, not &lt;b&gt;');
  expect(html).not.toContain('<b>.');
  expect(html).not.toMatch(/(src|href)=|NaN|undefined|Infinity/);
  const widths = [...html.matchAll(/<rect class="(\w+)" x="130" y="\d+" width="([\d.]+)"/g)].map(([, kind, width]) => [
    kind,
    Number(width),
  ]);
  // 11 s is the longest of all, and 620 wide.
  expect(widths).toEqual([
    ['limit', 310],
    ['own', expect.closeTo((6.25 / 11) * 620, 0)],
    ['peer', expect.closeTo((6 / 11) * 620, 0)],
  ]);
});

test('a page without a single run that counts is still a page', () => {
  const none = {
    ...set,
    outcomes: set.outcomes.map((outcome) => ({ ...outcome, runs: [{ round: 0, invalid: 'broken' }] })),
  };
  expect(page({ ...results, sets: [none] })).not.toMatch(/NaN|undefined|Infinity/);
  expect(linesOf(entrants, none).map(({ counted }) => counted)).toEqual([0, 0, 0]);
});

type Dot = readonly [number, number];

test('scale: exponents over all steps and from step to step, and a chart', () => {
  const at = (rows: number, seconds: number): SetResults => ({
    ...set,
    rows,
    outcomes: [{ contestant: 'load', runs: [{ round: 0, figures: { seconds, peakMib: 100 } }] }],
  });
  const scale = { ...results, sets: [at(10_000, 1), at(100_000, 10), at(1_000_000, 1000)] };
  expect(scaleText(scale)).toBe(`load, many: time grows as rows^1.500 (R² 0.9643); peak 100 to 100 MiB
     rows  seconds  µs a row  exponent  MiB
   10,000     1.00    100.00         –  100
  100,000    10.00    100.00      1.00  100
1,000,000  1000.00   1000.00      2.00  100`);
  const html = page(scale);
  const dots = [...html.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as const,
  );
  const [first, second, third] = dots as [Dot, Dot, Dot];
  // As steep as the exponent: 1, then 2.
  expect(first[1] - second[1]).toBeCloseTo(second[0] - first[0], 0);
  expect(second[1] - third[1]).toBeCloseTo(2 * (third[0] - second[0]), 0);
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

describe('in a database', () => {
  let database: TestDatabase;
  let client: Client;
  beforeEach(async () => {
    database = await createDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  test('what arrived is counted by the database: rows, keys, indexes, foreign keys, types', async () => {
    const columns = [
      { name: 'id', declared: 'INTEGER PRIMARY KEY', type: 'bigint' },
      { name: 'price', declared: 'REAL', type: 'double precision' },
      { name: 'note', declared: 'TEXT', type: 'text' },
    ];
    const tables = ['first', 'second', 'third'].map((name) => tableMapping(name, columns));
    const mapping = { source: 'main', path: '', schema: 'public', tables, views: [], notCarried: [] };
    const expected: Pick<PreparedSet, 'mapping' | 'rows'> = {
      mapping,
      rows: new Map([
        ['first', 2],
        ['second', 2],
        ['third', 0],
      ]),
    };
    await client.query(`CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.first (id bigint);
      CREATE TABLE first (id bigint PRIMARY KEY, price double precision, note varchar); CREATE INDEX ON first (note);
      CREATE TABLE second (id bigint REFERENCES first, price real, note text);
      INSERT INTO first VALUES (1), (2); INSERT INTO second VALUES (1)`);
    const arrived = await check(expected, database.url);
    expect(arrived).toEqual({
      wrong: ['second: 1 of 2 rows', 'no table third'],
      built: { primaryKeys: 1, indexes: 1, foreignKeys: 1 },
      types: [
        'second.price is real, not double precision',
        'third.id is missing, not bigint',
        'third.price is missing, not double precision',
        'third.note is missing, not text',
      ],
    });
    expect(missing({ primaryKeys: 3, indexes: 1, foreignKeys: 2 }, arrived.built)).toEqual([
      '1 of 3 primary keys',
      '1 of 2 foreign keys',
    ]);
  });

  test('sqlift’s phases do what they are measured for, in processes of their own', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-speed-'));
    try {
      const file = dataset('many', folder, 20);
      const { catalog, mapping } = (await inChild({ kind: 'draft', file })).result!;
      const source = { file, url: database.url, catalog, mapping };
      const set = { mapping, rows: new Map(mapping.tables.map(({ origin }) => [origin.name, 20])) };
      await inChild({ kind: 'prepare', source });
      const { seconds, peakMib } = await inChild({ kind: 'load-keys', source });
      expect([seconds > 0, peakMib > 20]).toEqual([true, true]);
      const built = { primaryKeys: 100, indexes: 200, foreignKeys: 99 };
      expect(await check(set, database.url)).toEqual({ wrong: [], built, types: [] });
      await inChild({ kind: 'verify', source });
      await client.query(`UPDATE "${STAGING}".part_42 SET label = 'other' WHERE id = 7`);
      for (const kind of ['verify', 'verify-independent'] as const)
        await expect(inChild({ kind, source })).rejects.toThrow('part_42: 1 differences');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
