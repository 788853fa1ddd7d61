import type Database from 'better-sqlite3';
import type { ColumnMapping } from '../../core/mapping';
import { quoteName } from '../../stores/sqlite/names';
import { insert, readRows } from './build';
import { COMPUTED_NAME } from './declarations';
import { meaningInSource, meaningInTarget } from './judge';
import type { Cell } from './judge';
import { columnOf, isCoarse, orphansOf } from './subject';
import type { Subject } from './subject';

/** How many new rows each table is tried with. */
const TRIALS = 12;

/** New rows, made of cells of those that are there: PostgreSQL takes those that SQLite takes. Gives how many were tried. */
export async function judgeInserts(subject: Subject): Promise<number> {
  const { table, mapping, db, client, run, incomplete } = subject;
  const places = await placesOf(subject);
  if (places.length === 0) return 0;
  const own = mapping.columns.filter(({ source, identity }) => source !== COMPUTED_NAME && !identity);
  const relation = `${quoteName(run.staging)}.${quoteName(mapping.target)}`;
  const checksForeignKeys = canInsert(db, table.name);
  let tried = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const [a, b] = [places[(trial * 31) % places.length]!, places[(trial * 17 + 5) % places.length]!];
    const changed = trial % (own.length + 1);
    const isNull = trial % 5 === 4;
    const cells = own.map(
      (column, i) => (i !== changed ? a : isNull ? undefined : b)?.cells.get(column.source) ?? null,
    );
    db.pragma(`foreign_keys = ${checksForeignKeys ? 'on' : 'off'}`);
    db.exec('BEGIN');
    let inSqlite: string | undefined;
    let said: string | undefined;
    try {
      insert(
        db,
        table.name,
        own.map(({ source }) => source),
        cells,
      );
    } catch (error) {
      inSqlite = (error as { code: string }).code;
      said = (error as Error).message;
      if (!inSqlite?.startsWith('SQLITE_CONSTRAINT')) throw error;
    } finally {
      if (db.inTransaction) db.exec('ROLLBACK');
    }
    const parts = own.map(({ target }, i) =>
      i !== changed ? `a.${quoteName(target)}` : isNull ? 'NULL' : `b.${quoteName(target)}`,
    );
    let inPostgres: string | undefined;
    await client.query('BEGIN; SET CONSTRAINTS ALL DEFERRED');
    try {
      await client.query(
        `INSERT INTO ${relation} (${own.map(({ target }) => quoteName(target)).join(', ')})
         SELECT ${parts.join(', ')} FROM ${relation} a, ${relation} b WHERE a.ctid = $1 AND b.ctid = $2`,
        [a.ctid, b.ctid],
      );
    } catch (error) {
      inPostgres = (error as { code: string }).code;
    } finally {
      await client.query('ROLLBACK');
    }
    tried += 1;
    if ((inSqlite === undefined) === (inPostgres === undefined)) continue;
    // Where SQLite cannot check the keys, or parents are in quarantine, PostgreSQL alone says whether there is a parent.
    if (inPostgres === '23503' && (!checksForeignKeys || incomplete.size > 0)) continue;
    const why = { table: table.name, inSqlite, said, inPostgres, row: cells, changed: own[changed]?.source, isNull };
    if (inSqlite === undefined)
      expect({ ...why, declared: refusesMore(subject, inPostgres!, own[changed], isNull) }).toEqual({
        ...why,
        declared: true,
      });
    else expect({ ...why, declared: takesMore(subject, inSqlite) }).toEqual({ ...why, declared: true });
  }
  return tried;
}

/** Whether it is known of this table that PostgreSQL refuses a row so that SQLite takes. */
function refusesMore(
  { mapping, notCarried, table }: Subject,
  sqlstate: string,
  changed: ColumnMapping | undefined,
  isNull: boolean,
): boolean {
  switch (sqlstate) {
    // A primary key of SQLite's may hold NULL, PostgreSQL's may not.
    case '23502':
      return isNull && mapping.primaryKey?.columns.includes(changed?.source ?? '') === true;
    case '22003':
      return notCarried.some(({ kind, object }) => kind === 'calculation' && object.startsWith(table.name));
    // The identity column is at its end.
    case '2200H':
      return true;
    case '23505':
      return [mapping.primaryKey, ...mapping.unique, ...mapping.indexes.filter(({ unique }) => unique)].some((key) =>
        key?.columns.some((part) => {
          const name = typeof part === 'string' ? part : part.column;
          return name !== undefined && isCoarse(columnOf(mapping, name));
        }),
      );
    default:
      return false;
  }
}

const KINDS: Readonly<Record<string, readonly string[]>> = {
  SQLITE_CONSTRAINT_UNIQUE: ['primary key', 'unique constraint', 'index'],
  SQLITE_CONSTRAINT_PRIMARYKEY: ['primary key'],
  SQLITE_CONSTRAINT_CHECK: ['check constraint'],
  SQLITE_CONSTRAINT_NOTNULL: ['not null'],
  SQLITE_CONSTRAINT_FOREIGNKEY: ['foreign key'],
};

/** Whether it is reported of this table that PostgreSQL takes a row that SQLite refuses for this reason. */
function takesMore({ table, notCarried, refused, run }: Subject, code: string): boolean {
  const kinds = KINDS[code] ?? [];
  const indexes = run.catalog.tables.find(({ name }) => name === table.name)!.indexes.map(({ name }) => name);
  return (
    notCarried.some(
      ({ kind, object, reason }) =>
        kinds.includes(kind) &&
        !reason.includes('made a unique index') &&
        (object.startsWith(table.name) || indexes.includes(object)),
    ) || refused.some((step) => kinds.includes(step.kind) && step.table === table.name)
  );
}

/** Whether SQLite can check the foreign keys of the table: of one that has no fitting parent, it refuses to insert at all. */
function canInsert(db: Database.Database, table: string): boolean {
  db.pragma('foreign_keys = on');
  try {
    db.prepare(`INSERT INTO ${quoteName(table)} DEFAULT VALUES`);
    db.prepare(`DELETE FROM ${quoteName(table)}`);
    return orphansOf(db, table) !== undefined;
  } catch {
    return false;
  }
}

interface Place {
  ctid: string;
  cells: ReadonlyMap<string, Cell>;
}

/** Rows of the source with where they are in the target; those in quarantine are left out. */
async function placesOf({ db, mapping, client, run }: Subject): Promise<Place[]> {
  const { columns, table, target } = mapping;
  const names = columns.map((column) => `${quoteName(column.target)}::text`);
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ctid::text, ${names.join(', ')} FROM ${quoteName(run.staging)}.${quoteName(target)}`,
    rowMode: 'array',
  });
  const there = new Map(
    rows.map(([ctid, ...cells]) => [cells.map((cell, i) => meaningInTarget(cell, columns[i]!)).join('\u0000'), ctid!]),
  );
  const sources = columns.map(({ source }) => source);
  return readRows(db, table, sources, undefined, []).flatMap(({ cells }) => {
    const ctid = there.get(cells.map((cell, i) => meaningInSource(cell, columns[i]!)).join('\u0000'));
    return ctid === undefined ? [] : [{ ctid, cells: new Map(sources.map((source, i) => [source, cells[i]!])) }];
  });
}
