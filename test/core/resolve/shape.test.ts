import type { SqliftError } from '../../../core/errors';
import type { SourceMapping } from '../../../core/mapping';
import type { PlanColumn, PlanSource, PlanTable } from '../../../core/plan';
import { resolvePlan } from '../../../core/resolve';
import { idMapsOf } from '../../../core/resolve/keys';
import { makeTable } from '../../support/rows';

/** What plans do to rows on their way, made concrete: conditions, computed columns, shared source tables, keys as UUIDs. */

const users = makeTable(
  'users',
  { id: 'INTEGER', email: 'TEXT', boss: 'INTEGER', joined: 'DATETIME' },
  { primaryKey: ['id'], rowidAlias: 'id' },
);
const orders = makeTable('orders', { no: 'INTEGER', user: 'INT', total: 'REAL' });
const lines = makeTable('lines', { order: 'INTEGER', user: 'TEXT' });

function resolve(tables: Record<string, PlanTable>, more: Partial<PlanSource> = {}): SourceMapping {
  const catalog = {
    encoding: 'UTF-8' as const,
    pageSize: 4096,
    pageCount: 1,
    applicationId: 0,
    userVersion: 0,
    tables: [lines, orders, users],
    others: [],
  };
  const plan = {
    version: 1 as const,
    name: 'shop',
    sources: { main: { sqlite: 'app.db', schema: 'app', tables, ...more } },
  };
  return resolvePlan(plan, '/', { main: catalog })[0]!;
}

function refusal(tables: Record<string, PlanTable>, more: Partial<PlanSource> = {}): string {
  try {
    resolve(tables, more);
  } catch (error) {
    return `${(error as SqliftError).code}: ${(error as SqliftError).message}`;
  }
  throw new Error('the plan was resolved');
}

const userColumns: Record<string, PlanColumn> = {
  id: { type: 'bigint' },
  email: { type: 'text' },
  boss: { type: 'bigint' },
  joined: { type: 'timestamp' },
};
const keyed: PlanTable = {
  columns: { ...userColumns, id: { type: 'uuid', format: 'key' } },
  primaryKey: { name: 'users_pkey', columns: ['id'] },
};
const orderColumns: Record<string, PlanColumn> = {
  no: { type: 'bigint' },
  user: { type: 'bigint', default: '0' },
  total: { type: 'double precision' },
};
const toUsers = (columns: string[], name = 'fk') => ({
  name,
  columns,
  references: { table: 'users', columns: ['id'] },
});

describe('computed columns and conditions', () => {
  test('stand behind the source’s own, and a replaced column keeps its place in the target', () => {
    const [table] = resolve({
      users: {
        where: 'id > 1',
        columns: {
          joined: { type: 'timestamp' },
          domain: { type: 'text', value: `substr(email, instr(email, '@') + 1)` },
          email: { type: 'text', value: 'lower(email)' },
          id: { type: 'bigint' },
        },
      },
    }).tables;
    expect(table!.columns.map(({ source, index, affinity }) => [source, index, affinity])).toEqual([
      ['id', 0, 'integer'],
      ['email', 5, 'blob'],
      ['joined', 3, 'numeric'],
      ['domain', 4, 'blob'],
    ]);
    expect(table!.origin.where).toBe('id > 1');
    expect(table!.origin.columns.map(({ name, value }) => [name, value])).toEqual([
      ['id', undefined],
      ['email', undefined],
      ['boss', undefined],
      ['joined', undefined],
      ['domain', `substr(email, instr(email, '@') + 1)`],
      ['email', 'lower(email)'],
    ]);
  });

  test('a table that the plan takes as it is stays the source’s own', () => {
    expect(resolve({ users: { columns: userColumns } }).tables[0]!.origin).toBe(users);
    expect(resolve({ people: { from: 'users', columns: userColumns } }).tables[0]!.origin).toBe(users);
  });

  test('keys and indexes may use computed columns, and a column that is nowhere is still named', () => {
    const columns = { ...userColumns, domain: { type: 'text', value: 'email' } };
    const index = { name: 'by_domain', columns: [{ column: 'domain' }] };
    expect(resolve({ users: { columns, indexes: [index] } }).tables[0]!.indexes).toEqual([index]);
    expect(refusal({ users: { columns: { ...userColumns, domain: { type: 'text' } } } })).toBe(
      'PlanStale: table users has no column domain',
    );
  });
});

describe('tables that share a source table', () => {
  test('are each one of its own, and only columns that none takes are not carried', () => {
    const { tables, notCarried } = resolve({
      users: { columns: { id: { type: 'bigint' }, email: { type: 'text' } } },
      dates: { from: 'users', to: 'user_dates', columns: { id: { type: 'bigint' }, joined: { type: 'timestamp' } } },
    });
    expect(tables.map(({ table, target, origin }) => [table, target, origin.name])).toEqual([
      ['users', 'users', 'users'],
      ['dates', 'user_dates', 'users'],
    ]);
    expect(notCarried).toEqual([
      { object: 'lines', kind: 'table', reason: 'not in the plan' },
      { object: 'orders', kind: 'table', reason: 'not in the plan' },
      { object: 'users.boss', kind: 'column', reason: 'not in the plan' },
    ]);
  });

  test('a source table that is not there is named, and one that is taken cannot be excluded', () => {
    expect(refusal({ people: { from: 'usrs', columns: {} } })).toContain('has no table usrs; did you mean users?');
    expect(refusal({ people: { from: 'users', columns: userColumns } }, { exclude: ['users'] })).toContain(
      'table users is in tables and in exclude',
    );
  });
});

describe('keys that become UUIDs', () => {
  const key = { plan: 'shop', source: 'main', table: 'users', type: 'bigint' };

  test('are followed by what refers to them, however far away, whatever type and default the draft gave it', () => {
    const { tables, notCarried } = resolve({
      lines: {
        columns: { order: { type: 'bigint' }, user: { type: 'text' } },
        foreignKeys: [{ name: 'l', columns: ['user'], references: { table: 'orders', columns: ['user'] } }],
      },
      orders: { columns: orderColumns, foreignKeys: [toUsers(['user'])] },
      users: { ...keyed, foreignKeys: [toUsers(['boss'])] },
    });
    const found = tables.flatMap(({ table, columns }) =>
      columns.flatMap((column) => (column.key === undefined ? [] : [[table, column.source, column.type, column.key]])),
    );
    expect(found).toEqual([
      ['lines', 'user', { name: 'uuid' }, key],
      ['orders', 'user', { name: 'uuid' }, key],
      ['users', 'id', { name: 'uuid' }, key],
      ['users', 'boss', { name: 'uuid' }, key],
      ['users_id_map', 'new_key', { name: 'uuid' }, key],
    ]);
    expect(notCarried).toEqual([
      { object: 'orders.user', kind: 'default', reason: '0 is no key any more: keys became UUIDs' },
    ]);
  });

  test('are kept with the old ones in a further table of the same rows', () => {
    const { tables } = resolve({
      users: { ...keyed, to: 'people', where: 'boss > 1', ifExists: 'replace', quarantine: 'any' },
    });
    expect(tables[1]).toMatchObject({
      table: 'users_id_map',
      target: 'people_id_map',
      ifExists: 'replace',
      quarantine: 'any',
      columns: [
        { source: 'id', target: 'old_key', type: { name: 'bigint' }, index: 0, notNull: true },
        { source: 'new_key', target: 'new_key', type: { name: 'uuid' }, value: '"id"', notNull: true },
      ],
      primaryKey: { name: 'people_id_map_pkey', columns: ['id'] },
      unique: [{ name: 'people_id_map_new_key_key', columns: ['new_key'] }],
      origin: { name: 'users', where: '(boss > 1\n)' },
    });
  });

  test('text keys that may be NULL are left out of the map where they are, and no map is made where none is wanted', () => {
    const byEmail: PlanTable = {
      columns: { ...userColumns, email: { type: 'uuid', format: 'key', idMap: 'mails' } },
      unique: [{ name: 'u', columns: ['email'] }],
    };
    expect(resolve({ users: byEmail }).tables[1]).toMatchObject({
      table: 'mails',
      target: 'mails',
      columns: [{ target: 'old_key', type: { name: 'text' } }, { key: { ...key, type: 'text' } }],
      origin: { where: '"email" IS NOT NULL' },
    });
    const none = {
      ...keyed,
      columns: { ...keyed.columns, id: { type: 'uuid', format: 'key' as const, idMap: false as const } },
    };
    expect(resolve({ users: none }).tables).toHaveLength(1);
    expect(idMapsOf({ sqlite: '', schema: '', tables: { users: none } })).toEqual([]);
  });

  test('tables that share a source table have the same UUIDs for the same key', () => {
    const { tables } = resolve({
      users: keyed,
      rest: {
        from: 'users',
        primaryKey: { name: 'rest_pkey', columns: ['id'] },
        columns: { id: { type: 'uuid', format: 'key', idMap: false } },
      },
    });
    expect(tables.map(({ columns }) => columns.find((column) => column.key !== undefined)!.key)).toEqual([
      key,
      key,
      key,
    ]);
  });

  test('what cannot be is named: not a key, two parents, another type, a value for NULL', () => {
    expect(refusal({ users: { columns: keyed.columns } })).toContain(
      'users.id: format key goes with a column that is the primary key',
    );
    expect(
      refusal({
        users: keyed,
        orders: {
          columns: { ...orderColumns, no: { type: 'uuid', format: 'key' } },
          primaryKey: { name: 'o', columns: ['no'] },
        },
        lines: {
          columns: { order: { type: 'bigint' } },
          foreignKeys: [
            toUsers(['order'], 'a'),
            { name: 'b', columns: ['order'], references: { table: 'orders', columns: ['no'] } },
          ],
        },
      }),
    ).toContain('lines.order refers to keys of users and orders');
    const dated = { columns: { ...orderColumns, user: { type: 'date' } }, foreignKeys: [toUsers(['user'])] };
    expect(refusal({ users: keyed, orders: dated })).toContain(
      'orders.user refers to keys of users, which become uuid',
    );
    const filled = {
      columns: { ...orderColumns, user: { type: 'bigint', ifNull: 0 } },
      foreignKeys: [toUsers(['user'])],
    };
    expect(refusal({ users: keyed, orders: filled })).toContain('NULL is no key');
    const named = {
      ...keyed,
      columns: { ...keyed.columns, id: { type: 'uuid', format: 'key' as const, idMap: 'orders' } },
    };
    expect(refusal({ users: named, orders: { columns: orderColumns } })).toContain('its id map would be called orders');
  });
});

describe('time zones and what NULL becomes', () => {
  const one = (column: PlanColumn, more: Partial<PlanSource> = {}) => ({
    tables: { users: { columns: { joined: column } } },
    more,
  });

  test('a source’s time zone is that of its texts for timestamptz, unless they say their own', () => {
    const zone = (column: PlanColumn) => {
      const { tables, more } = one(column, { timeZone: 'Europe/Berlin' });
      return resolve(tables, more).tables[0]!.columns[0]!.timeZone;
    };
    expect(zone({ type: 'timestamptz' })).toBe('Europe/Berlin');
    expect(zone({ type: 'timestamptz', timeZone: 'UTC' })).toBe('UTC');
    expect(zone({ type: 'timestamptz', format: 'unix-seconds' })).toBeUndefined();
    expect(zone({ type: 'timestamp' })).toBeUndefined();
  });

  test.each<[string, PlanColumn]>([
    ['there is no time zone Europe/Berln', { type: 'timestamptz', timeZone: 'Europe/Berln' }],
    ['timeZone goes with timestamptz of texts', { type: 'timestamp', timeZone: 'UTC' }],
    ['timeZone goes with timestamptz of texts', { type: 'timestamptz', format: 'unix-seconds', timeZone: 'UTC' }],
    ['ifNull "soon" cannot be timestamp: not a timestamp', { type: 'timestamp', ifNull: 'soon' }],
    ['ifNull 1 cannot be text: wrong storage class', { type: 'text', value: 'email', ifNull: 1 }],
    ['format unix-nanoseconds goes with timestamp or timestamptz', { type: 'date', format: 'unix-nanoseconds' }],
    ['format yyyymmdd goes with date', { type: 'timestamp', format: 'yyyymmdd' }],
    ['idMap goes with format key', { type: 'uuid', idMap: false }],
  ])('%s', (message, column) => {
    const { tables } = one(column);
    expect(refusal(tables)).toContain(message);
  });
});
