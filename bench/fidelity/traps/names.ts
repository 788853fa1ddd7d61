import { apart, rows } from '../oracle/judges';
import { trap } from '../trap';
import type { Trap } from '../trap';

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Tables of these names, each with one row that holds a mark of its own. */
function tables(...names: string[]): { sql: string; marks: Record<string, string> } {
  const marks = Object.fromEntries(names.map((name, i) => [name, `mark ${i}`]));
  const sql = names.map(
    (name, i) =>
      `CREATE TABLE ${quote(name)} (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO ${quote(name)} VALUES (1, 'mark ${i}');`,
  );
  return { sql: sql.join('\n'), marks };
}

/** A table of one row with columns of these names, each with a mark of its own. */
function columns(...names: string[]): { sql: string; marks: Record<string, string> } {
  const marks = Object.fromEntries(names.map((name, i) => [name, `mark ${i}`]));
  return {
    sql: `CREATE TABLE items (id INTEGER PRIMARY KEY, ${names.map((name) => `${quote(name)} TEXT`).join(', ')});
      INSERT INTO items VALUES (1, ${names.map((_, i) => `'mark ${i}'`).join(', ')})`,
    marks,
  };
}

function tableTrap(id: string, title: string, ...names: string[]): Trap {
  const { sql, marks } = tables(...names);
  return trap(id, title, sql, apart('table', marks));
}

function columnTrap(id: string, title: string, ...names: string[]): Trap {
  const { sql, marks } = columns(...names);
  return trap(id, title, sql, apart('column', marks));
}

/** Names. Whatever a tool calls a thing, what it held must be there, apart from everything else. */
export const names: Trap[] = [
  tableTrap('names-reserved', 'tables called order, select, user, group', 'order', 'select', 'user', 'group'),
  columnTrap('columns-reserved', 'columns called order, select, Default, GROUP', 'order', 'select', 'Default', 'GROUP'),
  tableTrap(
    'names-quoted',
    'names with spaces, quotes, dots, semicolons',
    'With Space',
    'quo"te',
    "sing'le",
    'dot.ted',
    'semi;colon',
    '123start',
    ' ',
  ),
  tableTrap('names-case', 'names in mixed and upper case', 'MixedCase', 'UPPER', 'lower'),
  tableTrap(
    'names-long',
    'two names that are equal in their first 63 bytes',
    `${'a'.repeat(63)}_one`,
    `${'a'.repeat(63)}_two`,
  ),
  columnTrap(
    'columns-long',
    'two columns that are equal in their first 63 bytes',
    `${'c'.repeat(63)}1`,
    `${'c'.repeat(63)}2`,
  ),
  tableTrap(
    'names-folded',
    'names that fall together when accents or case go: tab_é and TAB_É',
    'tab_é',
    'TAB_É',
    'tab_e',
  ),
  columnTrap('columns-snake', 'columns that fall together in snake case: a b, a_b, a-b', 'a b', 'a_b', 'a-b', 'A__B'),
  tableTrap(
    'names-hostile',
    'SQL in a name',
    `x'); DROP TABLE bystander;--`,
    '%percent $1',
    'back\\slash',
    'new\nline',
  ),
  tableTrap('names-unicode', 'emoji and umlauts, 80 bytes of them', 'emoji😀', 'näme', 'ü'.repeat(40)),
  columnTrap(
    'columns-system',
    'columns called like PostgreSQL’s own: ctid, xmin, tableoid',
    'ctid',
    'xmin',
    'tableoid',
    'oid',
  ),
  tableTrap('names-empty', 'a table whose name is empty', '', 'items'),
  columnTrap('columns-empty', 'a column whose name is empty', '', 'v'),
  tableTrap(
    'names-like-indexes',
    'tables called as PostgreSQL would call a key or sequence',
    'items',
    'items_pkey',
    'items_id_seq',
    'items_v_key',
  ),
  tableTrap('names-schemas', 'tables called pg_catalog, public, sqlift', 'pg_catalog', 'public', 'sqlift'),
  trap(
    'columns-many-same',
    'a column called like its table, and one like a type',
    `
    CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT, "timestamp" TEXT, "integer" INTEGER);
    INSERT INTO text VALUES (1, 'a', 'b', 3)`,
    rows('text'),
  ),
];
