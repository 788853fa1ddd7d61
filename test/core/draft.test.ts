import { draftPlan } from '../../core/draft';
import type { Draft, DraftSource } from '../../core/draft';
import { TableCensus } from '../../core/census';
import type { SourceCatalog, SourceForeignKey, SourceIndex, SourceTable } from '../../core/source';
import { makeColumn, makeRow, makeTable } from '../support/rows';
import type { Cell } from '../support/rows';

function catalogOf(tables: SourceTable[], others: SourceCatalog['others'] = []): SourceCatalog {
  return { encoding: 'UTF-8', pageSize: 4096, pageCount: 1, applicationId: 0, userVersion: 0, tables, others };
}

/** Drafts one source; `rows` by table name. */
function draft(tables: SourceTable[], rows: Record<string, Cell[][]> = {}, more: Partial<DraftSource> = {}): Draft {
  const evidence = Object.fromEntries(
    tables.map((table) => {
      const census = new TableCensus(table);
      (Object.hasOwn(rows, table.name) ? rows[table.name]! : []).forEach((cells, i) =>
        census.add(makeRow(cells, BigInt(i + 1))),
      );
      return [table.name, census.result()];
    }),
  );
  return draftPlan({
    name: 'p',
    sources: [{ name: 's', path: 'a.db', schema: 'app', catalog: catalogOf(tables), evidence, ...more }],
  });
}

function index(name: string, columns: string[], more: Partial<SourceIndex> = {}): SourceIndex {
  return {
    name,
    unique: false,
    origin: 'c',
    partial: false,
    columns: columns.map((column) => ({ name: column, descending: false, collation: 'BINARY' })),
    ...more,
  };
}

function foreignKey(
  columns: string[],
  parent: string,
  parentColumns: string[],
  more: Partial<SourceForeignKey> = {},
): SourceForeignKey {
  return { columns, parent, parentColumns, onDelete: 'NO ACTION', onUpdate: 'NO ACTION', deferred: false, ...more };
}

const users = (more: Partial<SourceTable> = {}) =>
  makeTable('users', { id: 'INTEGER', name: 'TEXT' }, { primaryKey: ['id'], rowidAlias: 'id', ...more });

test('a table with keys, indexes and a foreign key is drafted whole', () => {
  const posts = makeTable(
    'posts',
    [
      makeColumn('id', 'INTEGER'),
      makeColumn('author', 'INT', { notNull: true }),
      makeColumn('slug', 'VARCHAR(20)', { default: "'x'" }),
    ],
    {
      primaryKey: ['id'],
      rowidAlias: 'id',
      foreignKeys: [foreignKey(['author'], 'users', ['id'], { onDelete: 'CASCADE', deferred: true })],
      indexes: [
        index('sqlite_autoindex_posts_1', ['slug', 'author'], { unique: true, origin: 'u' }),
        index('by_author', ['author'], { columns: [{ name: 'author', descending: true, collation: 'BINARY' }] }),
      ],
    },
  );
  const { plan } = draft([posts, users()], { posts: [[1n, 1n, 'a']], users: [[1n, 'Ann']] });
  expect(plan).toEqual({
    version: 1,
    name: 'p',
    sources: {
      s: {
        sqlite: 'a.db',
        schema: 'app',
        tables: {
          posts: {
            columns: {
              id: { type: 'bigint', identity: true },
              author: { type: 'bigint', notNull: true },
              slug: { type: 'varchar(20)', default: "'x'" },
            },
            primaryKey: { name: 'posts_pkey', columns: ['id'] },
            unique: [{ name: 'posts_slug_author_key', columns: ['slug', 'author'] }],
            indexes: [{ name: 'by_author', columns: [{ column: 'author', descending: true }] }],
            foreignKeys: [
              {
                name: 'posts_author_fkey',
                columns: ['author'],
                references: { table: 'users', columns: ['id'] },
                onDelete: 'CASCADE',
                deferred: true,
              },
            ],
          },
          users: {
            columns: { id: { type: 'bigint', identity: true }, name: { type: 'text' } },
            primaryKey: { name: 'users_pkey', columns: ['id'] },
          },
        },
      },
    },
  });
});

test('the same input gives the same draft', () => {
  const make = () => JSON.stringify(draft([users({ indexes: [index('users', ['name'])] })], { users: [[1n, 'a']] }));
  expect(make()).toBe(make());
});

test('a primary key that holds NULL becomes a unique index', () => {
  const table = makeTable(
    't',
    { k: 'TEXT' },
    { primaryKey: ['k'], indexes: [index('a', ['k'], { unique: true, origin: 'pk' })] },
  );
  const { plan, notCarried } = draft([table], { t: [['a'], [null]] });
  expect(plan.sources.s!.tables.t).toMatchObject({
    indexes: [{ name: 't_pkey', unique: true, columns: [{ column: 'k' }] }],
  });
  expect(plan.sources.s!.tables.t).not.toHaveProperty('primaryKey');
  expect(notCarried).toEqual([{ object: 't', kind: 'primary key', reason: expect.stringContaining('k holds NULL') }]);
});

test('NOT NULL is dropped where a row holds NULL all the same', () => {
  const { plan, notCarried } = draft([makeTable('t', [makeColumn('a', 'TEXT', { notNull: true })])], { t: [[null]] });
  expect(plan.sources.s!.tables.t!.columns.a).toEqual({ type: 'text' });
  expect(notCarried).toEqual([{ object: 't.a', kind: 'not null', reason: '1 row holds NULL all the same' }]);
});

test('what is not translated is named with its reason', () => {
  const nocase = { columns: [{ name: 'a', descending: false, collation: 'NOCASE' }] };
  const table = makeTable(
    't',
    [
      makeColumn('a', 'TEXT', { collation: 'NOCASE' }),
      makeColumn('b', 'INT', { generated: 'stored' }),
      makeColumn('c', 'TEXT', { default: 'hex(1)' }),
    ],
    {
      sql: `CREATE TABLE t (a TEXT COLLATE NOCASE DEFAULT 'CHECK (no)', b INT AS (random()) STORED, -- CHECK (neither)\n c TEXT CHECK (printf(c)  > (0)), "CHECK" INT)`,
      indexes: [
        index('i_partial', ['a'], { partial: true }),
        index('i_expression', [], { columns: [{ descending: false, collation: 'BINARY' }] }),
        index('i_unique', ['a'], { unique: true, ...nocase }),
        index('i_plain', ['a'], nocase),
      ],
    },
  );
  const others: SourceCatalog['others'] = [
    { name: 'v', kind: 'view', sql: '' },
    { name: 'tr', kind: 'trigger', table: 't', sql: '' },
    { name: 'f', kind: 'virtual table', sql: '', unreadable: 'no such module: vec0' },
  ];
  const { plan, notCarried } = draft([table], {}, { catalog: catalogOf([table], others) });
  expect(plan.sources.s!.tables.t!.indexes).toEqual([
    { name: 'i_unique', unique: true, columns: [{ expression: 'lower("a" COLLATE "C")' }] },
    { name: 'i_plain', columns: [{ column: 'a' }] },
  ]);
  expect(notCarried.map(({ object, kind }) => `${kind} ${object}`).sort()).toEqual([
    'check constraint t',
    'collation i_plain',
    'collation t.a',
    'default t.c',
    'generated column t.b',
    'index i_expression',
    'index i_partial',
    'trigger tr',
    'view v',
    'virtual table f',
  ]);
  expect(notCarried.find(({ kind }) => kind === 'check constraint')!.reason).toBe(
    'not translated: CHECK (printf(c) > (0)): the function printf()',
  );
  expect(plan.sources.s!.notCarried).toEqual(notCarried);
});

describe('foreign keys', () => {
  const child = (declared: string, key: SourceForeignKey) => makeTable('c', { ref: declared }, { foreignKeys: [key] });
  const toUsers = foreignKey(['ref'], 'users', ['id']);
  const rows = { users: [[1n, 'a']], c: [[1n]] as Cell[][] };

  test('a child whose values fit takes its parent’s type', () => {
    const { plan } = draft([child('NUMERIC', toUsers), users()], rows);
    expect(plan.sources.s!.tables.c!.columns.ref!.type).toBe('bigint');
    expect(plan.sources.s!.tables.c!.foreignKeys).toHaveLength(1);
  });

  test('numbers that are longer than the texts of their parent keep their type', () => {
    const codes = makeTable('codes', { code: 'VARCHAR(3)' }, { primaryKey: ['code'] });
    const tables = [child('NUMERIC', foreignKey(['ref'], 'codes', ['code'])), codes];
    const typeOf = (ref: Cell) =>
      draft(tables, { codes: [['1.5']], c: [[ref]] }).plan.sources.s!.tables.c!.columns.ref!.type;
    expect([typeOf(100n), typeOf(-100n), typeOf(1.25)]).toEqual(['varchar(3)', 'numeric', 'numeric']);
  });

  test('numbers go to a parent that they widen to, and to no other', () => {
    const key = (declared: string, value: Cell, parent: string, parentValue: Cell) =>
      draft([child(declared, toUsers), makeTable('users', { id: parent }, { primaryKey: ['id'] })], {
        users: [[parentValue]],
        c: [[value]],
      });
    // PostgreSQL casts bigint to numeric by itself, and not the other way (SQLSTATE 42804).
    expect(key('INTEGER', 7n, 'NUMERIC', 1.5).plan.sources.s!.tables.c!.foreignKeys).toHaveLength(1);
    expect(key('NUMERIC', 1.5, 'INT', 7n).notCarried).toMatchObject([
      { kind: 'foreign key', reason: 'ref becomes numeric and users.id bigint: PostgreSQL does not compare them' },
    ]);
  });

  test('the type goes down a chain of parents', () => {
    const middle = makeTable(
      'b',
      { id: 'NUMERIC' },
      { primaryKey: ['id'], foreignKeys: [foreignKey(['id'], 'users', ['id'])] },
    );
    const { plan } = draft(
      [makeTable('a', { ref: 'NUMERIC' }, { foreignKeys: [foreignKey(['ref'], 'b', ['id'])] }), middle, users()],
      { a: [[1n]], b: [[1n]], users: [[1n, 'x']] },
    );
    expect(plan.sources.s!.tables.a!.columns.ref!.type).toBe('bigint');
  });

  test('rows that violate it leave it unvalidated', () => {
    const { plan, notCarried } = draft([child('INT', toUsers), users()], rows, { violations: { c: [3] } });
    expect(plan.sources.s!.tables.c!.foreignKeys![0]).toMatchObject({ validate: false });
    expect(notCarried[0]!.reason).toContain('3 rows of the source violate it');
  });

  test.each<[string, SourceTable[], RegExp]>([
    ['a missing parent', [child('INT', foreignKey(['ref'], 'ghosts', []))], /there is no table ghosts/],
    [
      'no unique key',
      [child('TEXT', foreignKey(['ref'], 'users', ['name'])), users()],
      /users \(name\) has no unique key/,
    ],
    [
      'a unique key by NOCASE only',
      [
        child('TEXT', foreignKey(['ref'], 'users', ['name'])),
        users({
          indexes: [
            index('u', ['name'], { unique: true, columns: [{ name: 'name', descending: false, collation: 'NOCASE' }] }),
          ],
        }),
      ],
      /has no unique key/,
    ],
    [
      'another number of columns',
      [child('INT', foreignKey(['ref'], 'users', [])), users()],
      /names no columns of users/,
    ],
    [
      'an unknown parent column',
      [child('INT', foreignKey(['ref'], 'users', ['nope'])), users()],
      /users has no column nope/,
    ],
    ['types that do not compare', [child('TEXT', toUsers), users()], /ref becomes text and users.id bigint/],
  ])('%s keeps it out', (_, tables, reason) => {
    const { plan, notCarried } = draft(tables, { users: [[1n, 'a']], c: [['x']] });
    expect(plan.sources.s!.tables.c!.foreignKeys).toBeUndefined();
    expect(notCarried.find(({ kind, object }) => kind === 'foreign key' && object.startsWith('c '))!.reason).toMatch(
      reason,
    );
  });
});

describe('names', () => {
  test('long names are cut and told apart, and system columns renamed', () => {
    const long = 'x'.repeat(70);
    const { plan, notCarried } = draft([
      makeTable(`${long}a`, { [`${long}1`]: 'INT', [`${long}2`]: 'INT', ctid: 'INT' }),
      makeTable(`${long}b`, { a: 'INT' }),
    ]);
    const tables = Object.values(plan.sources.s!.tables);
    expect(new Set(tables.map((table) => table.to)).size).toBe(2);
    const columns = Object.values(tables[0]!.columns).map((column) => column.to!);
    expect(new Set(columns).size).toBe(3);
    expect(columns[2]).toMatch(/^ctid_[0-9a-f]{8}$/);
    expect(notCarried.map(({ kind }) => kind)).toEqual([
      'table name',
      'table name',
      'column name',
      'column name',
      'column name',
    ]);
  });

  test('indexes, constraints and sequences keep clear of tables and of each other, over all sources of a schema', () => {
    const tables = [users(), makeTable('users_pkey', { a: 'INT' }), makeTable('users_id_seq', { a: 'INT' })];
    const source = (name: string, list: SourceTable[]) => ({
      name,
      path: 'a.db',
      schema: 'app',
      catalog: catalogOf(list),
      evidence: {},
    });
    const { plan } = draftPlan({ name: 'p', sources: [source('a', tables), source('b', [users()])] });
    const names = Object.values(plan.sources).flatMap(({ tables: planned }) =>
      Object.entries(planned).flatMap(([name, table]) => [
        table.to ?? name,
        ...(table.primaryKey === undefined ? [] : [table.primaryKey.name]),
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain('users_id_seq');
    expect(names).toContain('users');
    expect(names).toContain('users_pkey');
  });

  test('names that JavaScript objects have already are names like any other', () => {
    const { plan, comments } = draft([
      makeTable('constructor', { a: 'INT' }),
      makeTable('hasOwnProperty', { valueOf: 'TEXT' }),
    ]);
    expect(Object.keys(plan.sources.s!.tables)).toEqual(['constructor', 'hasOwnProperty']);
    expect(Object.keys(comments.s!)).toEqual(['constructor', 'hasOwnProperty']);
  });

  test('the one name that a plan cannot hold is named as not carried', () => {
    const { plan, notCarried } = draft([
      makeTable('__proto__', { a: 'INT' }),
      makeTable('t', [makeColumn('a', 'INT'), makeColumn('__proto__', 'INT')]),
    ]);
    expect(Object.keys(plan.sources.s!.tables)).toEqual(['t']);
    expect(Object.keys(plan.sources.s!.tables.t!.columns)).toEqual(['a']);
    expect(notCarried.map(({ object, kind }) => [object, kind])).toEqual([
      ['__proto__', 'table'],
      ['t.__proto__', 'column'],
    ]);
  });
});

test('a table with more columns than PostgreSQL has room for is refused with the reason', () => {
  const wide = makeTable(
    'wide',
    Array.from({ length: 1601 }, (_, i) => makeColumn(`c${i}`, 'INT')),
  );
  const { plan, notCarried } = draft([wide]);
  expect(plan.sources.s!.tables).toEqual({});
  expect(notCarried).toEqual([
    {
      object: 'wide',
      kind: 'table',
      reason:
        'it has 1,601 columns, and PostgreSQL’s have at most 1,600: in the plan, give its columns to two tables that both have the key, one of them with from: wide',
    },
  ]);
});

test('every column has its evidence as a comment, and a reason for review where a person should look', () => {
  const { comments } = draft([makeTable('t', { a: 'INTEGER', b: 'TEXT' })], {
    t: [
      [1n, '2024-01-01'],
      [2n, '2024-01-02'],
      ['x', null],
      [-3n, '2024-01-03'],
    ],
  });
  expect(comments.s!.t).toEqual({
    summary: '4 rows',
    columns: {
      a: {
        conversion: 'widened: 1 text among 3 integers',
        evidence: 'INTEGER: 3 integers from -3 to 2; 1 text of 1 character',
        review: 'widened: 1 text among 3 integers; bigint would send 1 row to the quarantine; see rowid 3: "x"',
      },
      b: {
        conversion: 'as declared',
        evidence: 'TEXT: 3 texts of 10 characters, all dates; 1 NULL; date would fit all 3 values',
      },
    },
  });
});
