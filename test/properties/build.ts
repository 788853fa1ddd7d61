import type Database from 'better-sqlite3';
import { quoteName } from '../../stores/sqlite/names';
import type { RandomDatabase, RandomTable } from './databases';
import { clausesOf, COMPUTED_NAME, sidesOf } from './declarations';
import type { RandomForeignKey } from './declarations';
import type { Cell } from './judge';

/** Random databases as SQLite has them. */

/** Makes the tables and puts in the rows that SQLite takes: a NOT NULL, a key or STRICT may refuse some. */
export function build(db: Database.Database, { tables }: RandomDatabase): void {
  db.pragma('foreign_keys = off');
  for (const table of tables) {
    const { name, columns, key, strict, indexed, declared, rowids, rows } = table;
    const names = columns.map((column) => column.name);
    const parts = columns.map(({ name: column, declared, notNull, default: given }, i) => {
      const alias = key === 'rowid' && i === 0;
      const only =
        (key === 'one' || key === 'without rowid') && i === 0
          ? ' PRIMARY KEY'
          : key === 'descending' && i === 0
            ? ' PRIMARY KEY DESC'
            : '';
      if (alias) return `${quoteName(column)} INTEGER PRIMARY KEY`;
      return `${quoteName(column)} ${declared}${only}${notNull ? ' NOT NULL' : ''}${given === undefined ? '' : ` DEFAULT ${given}`}`;
    });
    const [first, second] = columns;
    if (key === 'two') parts.push(`PRIMARY KEY (${quoteName(second!.name)}, ${quoteName(first!.name)})`);
    const { clauses, after } = clausesOf(table, names, tables);
    // A computed column is one among the others; constraints follow them.
    const isColumn = (clause: string) => clause.startsWith(quoteName(COMPUTED_NAME));
    parts.splice(columns.length, 0, ...clauses.filter(isColumn));
    parts.push(...clauses.filter((clause) => !isColumn(clause)));
    const options = [...(key === 'without rowid' ? ['WITHOUT ROWID'] : []), ...(strict ? ['STRICT'] : [])];
    db.exec(`CREATE TABLE ${quoteName(name)} (${parts.join(', ')}) ${options.join(', ')}`);
    for (const sql of after) db.exec(sql);
    db.pragma(`ignore_check_constraints = ${declared.unchecked ? 'on' : 'off'}`);
    if (indexed)
      db.exec(
        `CREATE INDEX ${quoteName(`${name} ${second!.name}`)} ON ${quoteName(name)} (${quoteName(second!.name)} DESC)`,
      );
    const hidesRowid = columns.some((one) => one.name.toLowerCase() === 'rowid');
    const ownRowid = !hidesRowid && key !== 'rowid' && key !== 'without rowid';
    for (const [number, row] of rows.entries()) {
      // SQLite's own choice is a random one where the largest is taken.
      const rowid = ownRowid ? (rowids[number] ?? BigInt(number)) : undefined;
      // An alias of the rowid takes integers only.
      const given = key === 'rowid' ? [rowids[number] ?? BigInt(number), ...row.slice(1)] : [...row];
      for (const foreignKey of declared.foreignKeys) giveParent(db, tables, names, foreignKey, given, number);
      try {
        insert(
          db,
          name,
          [...(rowid === undefined ? [] : ['rowid']), ...names],
          [...(rowid === undefined ? [] : [rowid]), ...given],
        );
      } catch (error) {
        if (!/^SQLITE_(CONSTRAINT|MISMATCH)/.test((error as { code: string }).code)) throw error;
      }
    }
  }
}

/** Gives a row that is to be inserted the key of some row that is there. */
function giveParent(
  db: Database.Database,
  tables: readonly RandomTable[],
  names: readonly string[],
  foreignKey: RandomForeignKey,
  row: Cell[],
  number: number,
): void {
  const { parent, dangling } = foreignKey;
  const other = tables[parent];
  if (other === undefined || (dangling > 0 && number % dangling === 0)) return;
  const there = db.prepare(`SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?`).pluck();
  if (there.get(other.name) === 0) return;
  const parentNames = other.columns.map(({ name }) => name);
  const { own, theirs } = sidesOf(foreignKey, names, parentNames);
  const key = theirs ?? (KEYS[other.key] ?? []).map((i) => parentNames[i]!);
  if (key.length !== own.length) return;
  const parents = readRows(db, other.name, key, undefined, []);
  if (parents.length === 0) return;
  const { cells: found } = parents[(number * 7919) % parents.length]!;
  for (const [i, name] of own.entries()) row[names.indexOf(name)] = found[i]!;
}

/** Numbers of the columns of the primary key. */
const KEYS: Partial<Record<RandomTable['key'], number[]>> = {
  rowid: [0],
  one: [0],
  'without rowid': [0],
  descending: [0],
  two: [1, 0],
};

/** Puts a row in, each cell as it is. Throws what SQLite says. */
export function insert(db: Database.Database, table: string, columns: readonly string[], cells: readonly Cell[]): void {
  const places = cells.map((cell) => (isText(cell) ? 'CAST(? AS TEXT)' : '?'));
  db.prepare(
    `INSERT INTO ${quoteName(table)} (${columns.map(quoteName).join(', ')}) VALUES (${places.join(', ')})`,
  ).run(...cells.map((cell) => (isText(cell) ? cell.text : cell)));
}

function isText(cell: Cell): cell is { text: Buffer } {
  return cell !== null && typeof cell === 'object' && !Buffer.isBuffer(cell);
}

/** The rows that are really there: SQLite converts what is inserted. In the order of the rowids, which are given; else of the key. */
export function readRows(
  db: Database.Database,
  table: string,
  columns: readonly string[],
  rowid: string | undefined,
  key: readonly string[],
): { rowid: bigint | undefined; cells: Cell[] }[] {
  const parts = columns.flatMap((name) => {
    const column = quoteName(name);
    return [`typeof(${column})`, column, `CAST(${column} AS BLOB)`];
  });
  // SQLite would follow an index that has all columns.
  const order = rowid === undefined ? key : [rowid];
  const inOrder = order.length === 0 ? ' NOT INDEXED' : ` ORDER BY ${order.map(quoteName).join(', ')}`;
  const all = db
    .prepare(
      `SELECT ${rowid === undefined ? 'NULL' : quoteName(rowid)}, ${parts.join(', ')} FROM ${quoteName(table)}${inOrder}`,
    )
    .safeIntegers(true)
    .raw()
    .all() as unknown[][];
  return all.map(([id, ...values]) => ({
    rowid: id === null ? undefined : (id as bigint),
    cells: columns.map((_, i): Cell => {
      const [kind, value, bytes] = values.slice(3 * i, 3 * i + 3) as [string, Cell, Buffer | null];
      return kind === 'text' ? { text: bytes ?? Buffer.alloc(0) } : value;
    }),
  }));
}
