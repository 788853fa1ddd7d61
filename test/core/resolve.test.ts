import type { SqliftError } from '../../core/errors';
import type { SourceMapping } from '../../core/mapping';
import type { Plan, PlanSource, PlanTable } from '../../core/plan';
import { resolvePlan } from '../../core/resolve';
import type { SourceCatalog } from '../../core/source';
import { makeTable } from '../support/rows';

const users = makeTable(
  'users',
  { id: 'INTEGER', name: 'TEXT', born: 'DATE' },
  { primaryKey: ['id'], rowidAlias: 'id' },
);
const posts = makeTable('posts', { id: 'INTEGER', author: 'INT' });
const catalog: SourceCatalog = {
  encoding: 'UTF-8',
  pageSize: 4096,
  pageCount: 1,
  applicationId: 0,
  userVersion: 0,
  tables: [posts, users],
  others: [{ name: 'v', kind: 'view', sql: '' }],
};

const postsPlan: PlanTable = { columns: { id: { type: 'bigint' }, author: { type: 'bigint' } } };
const usersPlan: PlanTable = {
  columns: { id: { type: 'bigint', identity: true }, name: { type: 'text' }, born: { type: 'date' } },
  primaryKey: { name: 'users_pkey', columns: ['id'] },
};

function planOf(source: Partial<PlanSource>, more: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    name: 'p',
    sources: { s: { sqlite: 'data/app.db', schema: 'app', tables: { users: usersPlan, posts: postsPlan }, ...source } },
    ...more,
  };
}

function resolveOne(plan: Plan): SourceMapping {
  return resolvePlan(plan, '/plans', { s: catalog })[0]!;
}

function failure(source: Partial<PlanSource>): SqliftError {
  try {
    resolveOne(planOf(source));
  } catch (error) {
    return error as SqliftError;
  }
  throw new Error('the plan was resolved');
}

test('defaults are filled in, and tables and columns come in the order of the source', () => {
  const mapping = resolveOne(
    planOf({
      tables: {
        users: {
          ...usersPlan,
          columns: { name: { type: 'varchar(5)', to: 'full name' }, id: { type: 'bigint' }, born: { type: 'date' } },
        },
        posts: postsPlan,
      },
    }),
  );
  expect(mapping).toMatchObject({
    source: 's',
    path: '/plans/data/app.db',
    schema: 'app',
    notCarried: [{ object: 'v', kind: 'view', reason: 'not in the plan' }],
  });
  expect(mapping.tables.map(({ table }) => table)).toEqual(['posts', 'users']);
  expect(mapping.tables[1]).toEqual({
    source: 's',
    table: 'users',
    schema: 'app',
    target: 'users',
    ifExists: 'error',
    quarantine: 'none',
    columns: [
      {
        source: 'id',
        index: 0,
        target: 'id',
        type: { name: 'bigint' },
        affinity: 'integer',
        notNull: true,
        identity: false,
      },
      {
        source: 'name',
        index: 1,
        target: 'full name',
        type: { name: 'varchar', length: 5 },
        affinity: 'text',
        notNull: false,
        identity: false,
      },
      {
        source: 'born',
        index: 2,
        target: 'born',
        type: { name: 'date' },
        affinity: 'numeric',
        notNull: false,
        identity: false,
      },
    ],
    primaryKey: { name: 'users_pkey', columns: ['id'] },
    unique: [],
    indexes: [],
    checks: [],
    foreignKeys: [],
    origin: users,
  });
});

test('a table’s tolerance counts before the plan’s', () => {
  const { tables } = resolveOne(
    planOf({ tables: { users: { ...usersPlan, quarantine: '1%' }, posts: postsPlan } }, { quarantine: 'any' }),
  );
  expect(tables.map(({ quarantine }) => quarantine)).toEqual(['any', '1%']);
});

test('an absolute path stays', () => {
  expect(resolveOne(planOf({ sqlite: '/elsewhere/app.db' })).path).toBe('/elsewhere/app.db');
});

test('what the plan does not mention is named as not moved; what it excludes is not', () => {
  const { columns, ...rest } = usersPlan;
  const { born: _, ...fewer } = columns;
  expect(resolveOne(planOf({ tables: { users: { ...rest, columns: fewer } } })).notCarried).toEqual([
    { object: 'posts', kind: 'table', reason: 'not in the plan' },
    { object: 'users.born', kind: 'column', reason: 'not in the plan' },
    { object: 'v', kind: 'view', reason: 'not in the plan' },
  ]);
  expect(resolveOne(planOf({ tables: { users: usersPlan }, exclude: ['posts', 'v'] })).notCarried).toEqual([]);
});

test('what the draft could not carry stays on the list, once', () => {
  const notCarried = [{ object: 'posts', kind: 'table', reason: 'too wide' }];
  expect(resolveOne(planOf({ tables: { users: usersPlan }, notCarried })).notCarried).toEqual([
    ...notCarried,
    { object: 'v', kind: 'view', reason: 'not in the plan' },
  ]);
});

test('a foreign key to a table that is left out goes with it, and is named', () => {
  const key = { name: 'fk', columns: ['author'], references: { table: 'users', columns: ['id'] } };
  const mapping = resolveOne(planOf({ tables: { posts: { ...postsPlan, foreignKeys: [key] } }, exclude: ['users'] }));
  expect(mapping.tables[0]!.foreignKeys).toEqual([]);
  expect(mapping.notCarried).toEqual([
    { object: 'posts: fk', kind: 'foreign key', reason: 'table users is not moved' },
    { object: 'v', kind: 'view', reason: 'not in the plan' },
  ]);
});

test('all that the source does not have is named at once, with what was meant', () => {
  const error = failure({
    tables: {
      user: usersPlan,
      posts: {
        columns: { ...postsPlan.columns, autor: { type: 'text' } },
        indexes: [{ name: 'i', columns: [{ column: 'idd' }] }],
        foreignKeys: [{ name: 'fk', columns: ['author'], references: { table: 'people', columns: ['id'] } }],
      },
    },
    exclude: ['zzz'],
  });
  expect(error.code).toBe('PlanStale');
  expect(error.message.split('\n')).toEqual([
    'source s has no table user; did you mean users?',
    'source s has no table zzz to exclude',
    'table posts has no column autor; did you mean author?',
    'table posts: index i uses column idd, which the source does not have; did you mean id?',
    'table posts: foreign key fk refers to table people, which the source does not have',
  ]);
});

test.each<[string, Partial<PlanSource>, RegExp]>([
  [
    'a key on a column that is not moved',
    { tables: { users: { columns: { name: { type: 'text' } }, primaryKey: { name: 'k', columns: ['id'] } } } },
    /primary key k uses column id, which the plan does not move/,
  ],
  [
    'two tables of one name',
    { tables: { users: usersPlan, posts: { ...postsPlan, to: 'users' } } },
    /already has something called users/,
  ],
  [
    'an index of a table’s name',
    {
      tables: { users: usersPlan, posts: { ...postsPlan, indexes: [{ name: 'users', columns: [{ column: 'id' }] }] } },
    },
    /already has something called users/,
  ],
  [
    'an index of a sequence’s name',
    {
      tables: {
        users: usersPlan,
        posts: { ...postsPlan, indexes: [{ name: 'users_id_seq', columns: [{ column: 'id' }] }] },
      },
    },
    /already has something called users_id_seq/,
  ],
  [
    'two columns of one name',
    { tables: { posts: { columns: { id: { type: 'bigint' }, author: { type: 'bigint', to: 'id' } } } } },
    /already called id/,
  ],
  ['a system column', { tables: { posts: { columns: { id: { type: 'bigint', to: 'ctid' } } } } }, /system column ctid/],
  ['a name that is too long', { tables: { posts: { ...postsPlan, to: 'é'.repeat(32) } } }, /more than 63 bytes/],
  [
    'a format that the type does not have',
    { tables: { posts: { columns: { id: { type: 'bigint', format: 'unix-seconds' } } } } },
    /format unix-seconds goes with timestamp or timestamptz, not with bigint/,
  ],
  [
    'an identity of text',
    { tables: { posts: { columns: { id: { type: 'text', identity: true } } } } },
    /identity goes with bigint/,
  ],
  [
    'an identity with a default',
    { tables: { posts: { columns: { id: { type: 'bigint', identity: true, default: '1' } } } } },
    /an identity or a default, not both/,
  ],
  ['varchar(0)', { tables: { posts: { columns: { id: { type: 'varchar(0)' } } } } }, /the length is 1 to 10485760/],
  [
    'numeric(2,3)',
    { tables: { posts: { columns: { id: { type: 'numeric(2,3)' } } } } },
    /the scale is at most the precision/,
  ],
  ['a table without columns', { tables: { posts: { columns: {} } } }, /no column of it is moved/],
  ['a table both moved and excluded', { exclude: ['posts'] }, /is in tables and in exclude/],
  [
    'a foreign key of two columns to one',
    {
      tables: {
        users: usersPlan,
        posts: {
          ...postsPlan,
          foreignKeys: [{ name: 'f', columns: ['id', 'author'], references: { table: 'users', columns: ['id'] } }],
        },
      },
    },
    /has 2 columns and refers to 1/,
  ],
])('%s is refused', (_, source, message) => {
  expect(failure(source)).toMatchObject({ code: 'PlanInvalid', message: expect.stringMatching(message) });
});

test('names of foreign keys may repeat from table to table', () => {
  const key = { name: 'fk', columns: ['id'], references: { table: 'users', columns: ['id'] } };
  expect(
    resolveOne(
      planOf({ tables: { users: { ...usersPlan, foreignKeys: [key] }, posts: { ...postsPlan, foreignKeys: [key] } } }),
    ).tables,
  ).toHaveLength(2);
});
