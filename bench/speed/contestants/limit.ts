import { loadedColumns } from '../../../core/mapping';
import { quoteIdent } from '../../../core/sql/quote';
import { createTableSql, foreignKeyStep, keySteps } from '../../../stores/postgres/ddl';
import { publishedAt } from '../../../stores/postgres/staging';
import { programVersion } from '../../peers/programs';
import type { Arena, Contestant } from '../contestant';
import { runSql } from '../psql';

/** What PostgreSQL takes to take in rows that are ready made: one psql, one connection, one transaction. Nothing reads, converts or checks. */
const limit = {
  kind: 'limit',
  version: () => programVersion('psql'),
  prepare: async ({ set, url, scratch }: Arena) => {
    await set.ready();
    const tables = set.mapping.tables.map((table) => `${createTableSql(table, publishedAt(table))};`);
    await runSql(url, scratch, tables);
  },
} satisfies Partial<Contestant>;

const ALWAYS_WITHOUT = [
  'reading SQLite',
  'checking values',
  'making the tables (done before)',
  'statistics',
  'verification',
];

export const limitOfLoad: Contestant = {
  ...limit,
  name: 'limit',
  quick: true,
  title: 'psql \\copy of ready-made binary files',
  keys: false,
  without: ALWAYS_WITHOUT,
  run: async (arena) => runSql(arena.url, arena.scratch, ['BEGIN;', ...(await copies(arena)), 'COMMIT;']),
};

export const limitWithKeys: Contestant = {
  ...limit,
  name: 'limit-keys',
  quick: true,
  title: 'the same, and sqlift’s keys, indexes and foreign keys',
  keys: true,
  without: ALWAYS_WITHOUT,
  run: async (arena) =>
    runSql(arena.url, arena.scratch, ['BEGIN;', ...(await copies(arena)), ...keys(arena), 'COMMIT;']),
};

async function copies({ set }: Arena): Promise<string[]> {
  const files = await set.ready();
  return set.mapping.tables.map((table) => {
    const at = publishedAt(table);
    const columns = loadedColumns(table).map(quoteIdent).join(', ');
    return `\\copy ${quoteIdent(at.schema)}.${quoteIdent(at.table)} (${columns}) FROM '${files.get(table.table)!}' (FORMAT binary)`;
  });
}

function keys({ set: { mapping } }: Arena): string[] {
  const steps = mapping.tables.flatMap((table) => keySteps(table, publishedAt(table)));
  const foreignKeys = mapping.tables.flatMap((table) =>
    table.foreignKeys.map((key) => {
      const parent = mapping.tables.find((candidate) => candidate.table === key.references.table)!;
      return foreignKeyStep(table, publishedAt(table), key, parent, publishedAt(parent));
    }),
  );
  return [...steps, ...foreignKeys].map(({ sql }) => `${sql};`);
}
