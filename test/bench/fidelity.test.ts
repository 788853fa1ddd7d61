import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { buildTrap } from '../../bench/fidelity/build';
import { classify } from '../../bench/fidelity/classify';
import type { Cell } from '../../bench/fidelity/oracle/cell';
import { rows } from '../../bench/fidelity/oracle/judges';
import { holds } from '../../bench/fidelity/oracle/meaning';
import { Target } from '../../bench/fidelity/oracle/target';
import { complaints, usualNames } from '../../bench/fidelity/tools/tool';
import type { ToolRun } from '../../bench/fidelity/tools/tool';
import type { Finding } from '../../bench/fidelity/trap';
import { TRAPS } from '../../bench/fidelity/traps';
import { createDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

/** The fidelity benchmark judges others: here it is judged itself. */

const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-fidelity-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (value: string): Cell => ({ storage: 'text', bytes: Buffer.from(value), broken: false });
const integer = (value: bigint): Cell => ({ storage: 'integer', value });
const real = (value: number): Cell => ({ storage: 'real', value });
const blob = (hex: string): Cell => ({ storage: 'blob', bytes: Buffer.from(hex, 'hex') });

test.each<[Cell, string, string | null, boolean]>([
  [integer(9007199254740993n), 'bigint', '9007199254740993', true],
  [integer(9007199254740993n), 'double precision', '9007199254740992', false],
  [integer(9223372036854775807n), 'numeric', '9223372036854775807.00', true],
  [integer(2n), 'boolean', 't', false],
  [integer(1n), 'boolean', 't', true],
  [integer(0n), 'timestamp without time zone', '1970-01-01 00:00:00', true],
  [integer(2024n), 'timestamp with time zone', '2024-01-01 00:00:00+00', false],
  [integer(5n), 'bigint', null, false],
  [real(0.1), 'real', '0.1', true],
  [real(1.5), 'text', '1.5d0', false],
  [real(0.1), 'numeric', '0.1000000000000000055511151231257827', true],
  [real(0.30000000000000004), 'numeric', '0.3', false],
  [real(Infinity), 'double precision', 'Infinity', true],
  [real(1.5), 'bigint', '1', false],
  [text('a  '), 'character', 'a  ', true],
  [text('a'), 'character', 'a  ', false],
  [text('007'), 'bigint', '7', true],
  [text('abc'), 'bytea', '\\x616263', false],
  [text('2024-02-29T23:59:59Z'), 'timestamp without time zone', '2024-02-29 23:59:59', false],
  [text('2024-02-29T23:59:59+05:30'), 'timestamp with time zone', '2024-02-29 18:29:59+00', true],
  [text('2024-02-29 23:59:59.123456789'), 'timestamp without time zone', '2024-02-29 23:59:59.123457', false],
  [text('2023-02-30'), 'date', '2023-03-02', false],
  [text('{"b":1,  "a":1.0}'), 'jsonb', '{"a": 1, "b": 1}', true],
  [text('{"n":9007199254740993}'), 'jsonb', '{"n": 9007199254740992}', false],
  [text(''), 'text', null, false],
  [blob('00ff'), 'bytea', '\\x00ff', true],
  [blob('414243'), 'text', 'ABC', false],
  [{ storage: 'text', bytes: Buffer.from([0xff]), broken: true }, 'text', '\ufffd', false],
  [{ storage: 'null' }, 'text', null, true],
  [{ storage: 'null' }, 'text', '', false],
])('%j in %s as %j: %j', (cell, type, there, expected) => {
  expect(holds(cell, type, there)).toBe(expected);
});

test('tagged JSON keeps storage classes apart', () => {
  const tagged = (cell: Cell, there: string) => holds(cell, 'jsonb', there, true);
  expect([
    tagged(integer(42n), '42'),
    tagged(text('42'), '42'),
    tagged(text('42'), '"42"'),
    tagged(real(42), '42'),
  ]).toEqual([true, false, true, false]);
  expect([tagged(real(42), '42.0'), tagged(blob('ff'), '{"$blob": "ff"}'), tagged(blob('ff'), '"ff"')]).toEqual([
    true,
    true,
    false,
  ]);
});

const run = (part: Partial<ToolRun>): ToolRun => ({
  exit: 0,
  hung: false,
  log: '',
  declarations: [],
  rejected: new Map(),
  names: usualNames,
  ...part,
});
const lostRows: Finding = {
  kind: 'lost',
  what: '2 rows',
  about: 'rows',
  names: ['readings'],
  rows: { table: 'readings', count: 2 },
};

test('what is missing is silent unless the tool names it, and an exit code alone names nothing', () => {
  expect(classify(run({}), []).outcome).toBe('right');
  expect(classify(run({}), [lostRows]).outcome).toBe('silent loss');
  expect(classify(run({}), [{ ...lostRows, kind: 'changed' }]).outcome).toBe('wrong');
  expect(classify(run({ exit: 1 }), [lostRows]).outcome).toBe('crash');
  expect(classify(run({ exit: null, hung: true }), []).outcome).toBe('hang');
  expect(classify(run({ declarations: complaints('INFO loaded readings') }), [lostRows]).outcome).toBe('silent loss');
  expect(classify(run({ declarations: complaints('ERROR in table readings: bad value') }), [lostRows]).outcome).toBe(
    'declared',
  );
  expect(classify(run({ declarations: complaints('ERROR in table all_readings2') }), [lostRows]).outcome).toBe(
    'silent loss',
  );
  expect(classify(run({ rejected: new Map([['readings', 1]]) }), [lostRows]).outcome).toBe('silent loss');
  expect(classify(run({ rejected: new Map([['readings', 2]]) }), [lostRows]).outcome).toBe('declared');
});

describe('the traps', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  test('there are at least 60, each with a name of its own', () => {
    expect(TRAPS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(TRAPS.map(({ id }) => id)).size).toBe(TRAPS.length);
  });

  test.each(TRAPS.map((trap) => [trap.id, trap] as const))(
    '%s is built, and its oracle sees that nothing arrived',
    async (_, trap) => {
      const file = buildTrap(trap, folder);
      const target = await Target.open(database.url, usualNames);
      const source = new Database(file);
      try {
        const found = await trap.judge({ source, target });
        expect(found.map(({ kind }) => kind)).toContain('lost');
      } finally {
        source.close();
        await target.close();
      }
      expect(existsSync(file)).toBe(true);
    },
  );

  test('rows that are missing, changed, made NULL or made up are found, and those that are right are not', async () => {
    const file = path.join(folder, 'judged.db');
    const source = new Database(file);
    source.exec(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'same'), (2, 'changed'), (3, 'nulled'), (4, 'missing')`,
    );
    const target = await Target.open(database.url, usualNames);
    await target.sql(`CREATE TABLE public.t (id bigint, v text)`);
    await target.sql(`INSERT INTO public.t VALUES (1, 'same'), (2, 'other'), (3, NULL), (5, 'made up')`);
    await target.close();
    const again = await Target.open(database.url, usualNames);
    try {
      const found = await rows('t')({ source, target: again });
      expect(found.map(({ kind, what }) => [kind, what])).toEqual([
        ['changed', 't.v: text "changed" became "other"'],
        ['lost', 't.v: text "nulled" became NULL'],
        ['lost', '1 of 4 rows of t are not there'],
        ['changed', "1 rows of t are nobody's"],
      ]);
    } finally {
      source.close();
      await again.sql('DROP TABLE public.t');
      await again.close();
    }
  });
});
