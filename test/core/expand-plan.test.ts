import { draftPlan } from '../../core/draft';
import type { SqliftError } from '../../core/errors';
import { expandPlan, isPlain } from '../../core/expand-plan';
import type { Expanded, SourceContents } from '../../core/expand-plan';
import { matchesGlob } from '../../core/glob';
import type { WrittenPlan, WrittenSource } from '../../core/plan';
import { resolvePlan } from '../../core/resolve';
import { TableCensus } from '../../core/census';
import type { SourceTable } from '../../core/source';
import { makeColumn, makeRow, makeTable } from '../support/rows';
import type { Cell } from '../support/rows';

const users = makeTable(
  'users',
  [
    makeColumn('id', 'INTEGER'),
    makeColumn('name', 'TEXT', { notNull: true, default: "'nobody'" }),
    makeColumn('created_at', 'INTEGER'),
    makeColumn('password', 'TEXT'),
  ],
  { primaryKey: ['id'], rowidAlias: 'id' },
);
const orders = makeTable(
  'orders',
  [
    makeColumn('id', 'INTEGER'),
    makeColumn('user', 'INTEGER'),
    makeColumn('created_at', 'INTEGER', { default: '1700000000' }),
  ],
  {
    primaryKey: ['id'],
    rowidAlias: 'id',
    foreignKeys: [
      {
        columns: ['user'],
        parent: 'users',
        parentColumns: ['id'],
        onDelete: 'CASCADE',
        onUpdate: 'NO ACTION',
        deferred: false,
      },
    ],
    indexes: [
      {
        name: 'by_time',
        unique: false,
        origin: 'c',
        partial: false,
        columns: [{ name: 'created_at', descending: false, collation: 'BINARY' }],
      },
    ],
  },
);
const rows: Record<string, Cell[][]> = {
  users: [[1n, 'Ann', 1_700_000_000n, 'x']],
  orders: [[1n, 1n, 1_700_000_100n]],
};

function contentsOf(tables: SourceTable[], cells: Record<string, Cell[][]> = rows): SourceContents {
  return {
    catalog: {
      encoding: 'UTF-8',
      pageSize: 4096,
      pageCount: 1,
      applicationId: 0,
      userVersion: 0,
      tables,
      others: [{ name: 'v', kind: 'view', sql: '' }],
    },
    evidence: Object.fromEntries(
      tables.map((table) => {
        const census = new TableCensus(table);
        (cells[table.name] ?? []).forEach((row, i) => census.add(makeRow(row, BigInt(i + 1))));
        return [table.name, census.result()];
      }),
    ),
  };
}

const contents = contentsOf([orders, users]);
const planOf = (source: Partial<WrittenSource>): WrittenPlan => ({
  version: 1,
  name: 'p',
  sources: { s: { sqlite: 'a.db', schema: 'app', tables: {}, ...source } },
});
const expand = (source: Partial<WrittenSource>, found = contents): Expanded => expandPlan(planOf(source), { s: found });
const drafted = (found = contents) =>
  draftPlan({
    name: 'p',
    sources: [{ name: 's', path: 'a.db', schema: 'app', ...found, evidence: found.evidence! }],
  }).plan;

function failure(source: Partial<WrittenSource>): SqliftError {
  try {
    expand(source);
  } catch (error) {
    return error as SqliftError;
  }
  throw new Error('the plan was expanded');
}

test.each([
  ['*', 'anything', true],
  ['*', '', true],
  ['a*', 'a', true],
  ['*_at', 'created_at', true],
  ['*_at', 'created_at_all', false],
  ['a*b*c', 'aXbXbYc', true],
  ['?', 'é', true],
  ['?', '😀', true],
  ['??', '😀', false],
  ['a.c', 'abc', false],
  ['Users', 'users', false],
  ['*'.repeat(40) + 'z', 'a'.repeat(10_000), false],
])('%s against %s: %s', (glob, name, expected) => expect(matchesGlob(glob, name)).toBe(expected));

test('one star is everything as a draft has it: keys, indexes, foreign keys, defaults, and what is not carried', () => {
  const { plan } = expand({ tables: { '*': {} } });
  expect(plan).toEqual(drafted());
  expect(plan.sources.s!.tables.orders!.foreignKeys).toHaveLength(1);
  expect(plan.sources.s!.tables.users!.columns.name).toEqual({ type: 'text', notNull: true, default: "'nobody'" });
});

test('a drafted plan comes out as it is, also where a person took something out of it', () => {
  const plan = drafted();
  delete plan.sources.s!.tables.users!.primaryKey;
  delete plan.sources.s!.tables.users!.columns.password;
  plan.sources.s!.tables.orders!.columns.created_at = { type: 'text' };
  expect(isPlain(plan)).toBe(true);
  expect(expandPlan(plan, { s: contents }).plan).toEqual(plan);
  // Nothing has to be read for that but names.
  expect(expandPlan(plan, { s: { catalog: contents.catalog } }).plan).toEqual(plan);
});

test('the most specific rule wins, property by property, and the rest is as drafted', () => {
  const { plan, origins } = expand({
    tables: {
      '*': { columns: { '*': {}, '*_at': { type: 'timestamptz', format: 'unix-seconds', notNull: true } } },
      'order*': { quarantine: 'any', columns: { 'created*': { notNull: false } } },
      users: { to: 'people', columns: { created_at: { to: 'joined' } } },
    },
  });
  const { users: people, orders: bought } = plan.sources.s!.tables;
  expect(people!.columns.created_at).toEqual({
    to: 'joined',
    type: 'timestamptz',
    format: 'unix-seconds',
    notNull: true,
  });
  expect(bought!.columns.created_at).toMatchObject({ type: 'timestamptz', format: 'unix-seconds', notNull: false });
  expect(people).toMatchObject({ to: 'people', primaryKey: { name: 'people_pkey', columns: ['id'] } });
  expect(bought!.quarantine).toBe('any');
  expect(people!.quarantine).toBeUndefined();
  expect(origins.s!.users!.columns.created_at).toEqual({
    to: 'tables.users.columns.created_at',
    type: 'tables.*.columns.*_at',
    format: 'tables.*.columns.*_at',
    notNull: 'tables.*.columns.*_at',
  });
  expect(origins.s!.orders!.columns.created_at!.notNull).toBe('tables.order*.columns.created*');
  expect(origins.s!.users!.columns.name!.type).toBe('inferred: TEXT: 1 text of 3 characters');
});

test('of two patterns that are as specific as each other, the later one decides', () => {
  const types = (tables: WrittenSource['tables']) =>
    expand({ tables }).plan.sources.s!.tables.users!.columns.name!.type;
  const star = { '*': {} };
  expect(types({ '*': { columns: { ...star, 'n*': { type: 'varchar(5)' }, '*e': { type: 'varchar(6)' } } } })).toBe(
    'varchar(6)',
  );
  expect(types({ 'u*': { columns: { '*': { type: 'text' } } }, '*s': { columns: { '*': { type: 'json' } } } })).toBe(
    'json',
  );
});

test('a default is carried for the type that a rule gives, and left out with its reason where it is no value of it', () => {
  const { plan } = expand({ tables: { '*': { columns: { '*': {}, created_at: { format: 'unix-seconds' } } } } });
  const column = plan.sources.s!.tables.orders!.columns.created_at!;
  expect(column.type).toBe('timestamptz');
  expect(column.default ?? '').not.toBe('1700000000');
});

test('a child takes the type that a rule gives its parent’s key, so that its foreign key stays', () => {
  const { plan } = expand({
    tables: { '*': {}, users: { columns: { '*': {}, id: { type: 'numeric', identity: false } } } },
  });
  expect(plan.sources.s!.tables.orders!.foreignKeys).toHaveLength(1);
});

test('columns that no rule matches are not moved and named; keys that need them are, too', () => {
  const { plan } = expand({ tables: { orders: { columns: { id: {}, '*_at': {} } } } });
  expect(Object.keys(plan.sources.s!.tables)).toEqual(['orders']);
  expect(Object.keys(plan.sources.s!.tables.orders!.columns)).toEqual(['id', 'created_at']);
  const [mapping] = resolvePlan(plan, '/', { s: contents.catalog });
  expect(mapping!.notCarried.map(({ object, kind, reason }) => `${kind} ${object}: ${reason}`)).toEqual(
    expect.arrayContaining([
      'column orders.user: not in the plan',
      'table users: not in the plan',
      'foreign key orders (user) → users: table users is not moved',
    ]),
  );
});

test('exclude takes patterns, in tables and in columns; what is named in full stays', () => {
  const tables = { '*': { exclude: ['pass*'] }, users: {} };
  const { plan } = expand({ tables, exclude: ['*s', 'v'] });
  expect(Object.keys(plan.sources.s!.tables)).toEqual(['users']);
  expect(plan.sources.s!).toMatchObject({ exclude: ['orders', 'v'] });
  const [mapping] = resolvePlan(plan, '/', { s: contents.catalog });
  expect(mapping!.tables[0]!.columns.map(({ source }) => source)).toEqual(['id', 'name', 'created_at']);
  expect(mapping!.notCarried).toEqual([{ object: 'users.password', kind: 'column', reason: 'excluded by the plan' }]);
});

test('a name that exists is no pattern, even with a star in it', () => {
  const odd = makeTable('o*', { 'a?': 'TEXT', ab: 'TEXT' });
  const other = makeTable('oo', { 'a?': 'TEXT' });
  const { plan } = expand(
    { tables: { 'o*': { columns: { 'a?': { type: 'varchar(9)' } } } } },
    contentsOf([odd, other], {}),
  );
  expect(plan.sources.s!.tables).toEqual({ 'o*': { columns: { 'a?': { type: 'varchar(9)' } } } });
});

test('a column without a type gets the draft’s, in a table that is otherwise named in full', () => {
  const { plan } = expand({ tables: { users: { columns: { id: {}, name: { type: 'varchar(8)' } } } } });
  expect(plan.sources.s!.tables.users).toEqual({
    columns: { id: { type: 'bigint', identity: true }, name: { type: 'varchar(8)' } },
  });
});

test('names that a rule gives are not given to something else', () => {
  const { plan } = expand({ tables: { '*': {}, users: { to: 'orders' }, orders: { to: 'users' } } });
  expect(plan.sources.s!.tables.users).toMatchObject({ to: 'orders', primaryKey: { name: 'orders_pkey' } });
  expect(() => resolvePlan(plan, '/', { s: contents.catalog })).not.toThrow();
  const taken = expand({ tables: { '*': {}, users: { to: 'by_time' } } }).plan;
  expect(taken.sources.s!.tables.orders!.indexes![0]!.name).not.toBe('by_time');
  expect(() => resolvePlan(taken, '/', { s: contents.catalog })).not.toThrow();
});

test.each<[string, Partial<WrittenSource>, string]>([
  ['of a table', { tables: { '*': {}, 'usrs*': {} } }, 'source s has no table that matches usrs*; did you mean users?'],
  [
    'of a column',
    { tables: { '*': { columns: { '*': {}, 'creatd_*': {} } } } },
    'no table that * matches has a column that matches creatd_*; did you mean created_at?',
  ],
  [
    'of a column in a table that is named',
    { tables: { users: { columns: { 'nam?s': {} } } } },
    'table users has no column that matches nam?s; did you mean name?',
  ],
  [
    'to exclude',
    { tables: { '*': {} }, exclude: ['odrers*'] },
    'source s has no table that matches odrers*, to exclude; did you mean orders?',
  ],
  [
    'of columns to exclude',
    { tables: { '*': { exclude: ['passwort'] } } },
    'no table that * matches has a column passwort to exclude; did you mean password?',
  ],
])('a pattern that matches nothing is named with what was meant: %s', (_what, source, message) => {
  const { code, message: said } = failure(source);
  expect({ code, said }).toEqual({ code: 'PlanStale', said: message });
});

test('a name in a table of patterns that no table has', () => {
  expect(failure({ tables: { '*': { columns: { '*': {}, created_on: {} } } } }).message).toBe(
    'no table that * matches has a column created_on; did you mean created_at?',
  );
});

test('names that are wrong in full are left for resolvePlan to name', () => {
  const { plan } = expand({ tables: { '*': {}, userz: {} } });
  expect(() => resolvePlan(plan, '/', { s: contents.catalog })).toThrow(
    'source s has no table userz; did you mean users?',
  );
});

test('an empty file has nothing that a star could match, and that is no mistake', () => {
  expect(expand({ tables: { '*': { columns: { '*': {} } } } }, contentsOf([])).plan.sources.s!.tables).toEqual({});
});

test('tables that are made of another one are only what they say, with the types of its columns', () => {
  const { plan } = expand({
    tables: {
      '*': {},
      admins: {
        from: 'users',
        where: 'id < 10',
        columns: { '*': {}, initial: { value: 'substr(name, 1, 1)', type: 'text' } },
      },
    },
  });
  const { users: all, admins } = plan.sources.s!.tables;
  expect(admins).toMatchObject({
    from: 'users',
    where: 'id < 10',
    primaryKey: { name: 'admins_pkey', columns: ['id'] },
    columns: { ...all!.columns, initial: { value: 'substr(name, 1, 1)', type: 'text' } },
  });
  expect(all).not.toHaveProperty('where');
  const [mapping] = resolvePlan(plan, '/', { s: contents.catalog });
  expect(mapping!.tables.map(({ table }) => table).sort()).toEqual(['admins', 'orders', 'users']);
});

test('a column that is computed needs a type', () => {
  const { code, message } = failure({ tables: { '*': {}, users: { columns: { name: { value: 'upper(name)' } } } } });
  expect({ code, message }).toEqual({ code: 'PlanInvalid', message: 'users.name: a column with a value needs a type' });
});
