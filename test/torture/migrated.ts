import Database from 'better-sqlite3';
import { Client } from 'pg';
import { readSource, show } from '../../bench/fidelity/oracle/cell';
import type { Cell } from '../../bench/fidelity/oracle/cell';
import { holds } from '../../bench/fidelity/oracle/meaning';
import type { RunReport } from '../../core/run';

/** A quarantined row as the ledger keeps it; `raw` and the values of cells that are no text in hex. */
export interface Quarantined {
  locator: string;
  column: string | null;
  storage: string | null;
  reason: string;
  raw: string | null;
  cells: { column: string; class: string; value: string | null }[];
}

type Row = Record<string, string | null>;

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * A SQLite file that was migrated, its report and what is in PostgreSQL now. The source is read through SQLite, the target through
 * PostgreSQL's text protocol, and compared by the oracle of bench/fidelity: no code of sqlift's is in between.
 */
export class Migrated {
  private constructor(
    readonly report: RunReport,
    readonly source: Database.Database,
    private readonly client: Client,
  ) {}

  static async open(file: string, report: RunReport, url: string): Promise<Migrated> {
    const client = new Client({ connectionString: url, types: { getTypeParser: () => (text: string) => text } });
    await client.connect();
    return new Migrated(report, new Database(file, { readonly: true }), client);
  }

  async close(): Promise<void> {
    this.source.close();
    await this.client.end();
  }

  /** Rows of a query, every value in PostgreSQL's text form. */
  async sql(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(text, values)).rows;
  }

  /** What statements give when tried: the last one's rows, or the SQLSTATE of the first that fails. Nothing stays. */
  async attempt(...statements: string[]): Promise<Row[] | string> {
    await this.client.query('BEGIN');
    try {
      let rows: Row[] = [];
      for (const statement of statements) rows = (await this.client.query<Row>(statement)).rows;
      return rows;
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await this.client.query('ROLLBACK');
    }
  }

  /** The report's account of a table. */
  entry(table: string): RunReport['tables'][number] {
    const found = this.report.tables.find((one) => one.table === table);
    if (found === undefined) throw new Error(`the report has no table ${table}`);
    return found;
  }

  /** Schema-qualified, quoted name of what a table became. */
  name(table: string): string {
    const { target } = this.entry(table);
    const dot = target.indexOf('.');
    return `${quote(target.slice(0, dot))}.${quote(target.slice(dot + 1))}`;
  }

  /** Schema that the tables are in, and name of what a table became. */
  place(table: string): { schema: string; relation: string } {
    const { target } = this.entry(table);
    const dot = target.indexOf('.');
    return { schema: target.slice(0, dot), relation: target.slice(dot + 1) };
  }

  column(table: string, column: string): RunReport['tables'][number]['columns'][number] {
    const found = this.entry(table).columns.find((one) => one.source === column);
    if (found === undefined) throw new Error(`the report has no column ${table}.${column}`);
    return found;
  }

  /** Why something is not carried, or not as it was; by kind and the beginning of the object's name where they are given. */
  notCarried(kind?: string, object = ''): string[] {
    return this.report.notCarried
      .filter((one) => (kind === undefined || one.kind === kind) && one.object.startsWith(object))
      .map((one) => `${one.object}: ${one.reason}`);
  }

  /** Values of one column by those of another, in PostgreSQL's text form. */
  async values(table: string, column: string, key = 'id'): Promise<Record<string, string | null>> {
    const names = [key, column].map((one) => quote(this.column(table, one).target));
    const { rows } = await this.client.query({
      text: `SELECT ${names.join(', ')} FROM ${this.name(table)}`,
      rowMode: 'array',
    });
    return Object.fromEntries(rows as [string, string | null][]);
  }

  /** Constraints of a table by name, as PostgreSQL spells them; an invalid one ends with NOT VALID. */
  async constraints(table: string): Promise<Record<string, string>> {
    const rows = await this.sql(
      `SELECT conname AS name, pg_get_constraintdef(oid) AS sql FROM pg_constraint WHERE conrelid = $1::regclass AND contype <> 'n'`,
      [this.name(table)],
    );
    return Object.fromEntries(rows.map(({ name, sql }) => [name!, sql!]));
  }

  /** Indexes of a table by name, those of constraints too, as PostgreSQL spells them from `USING` on; unique ones begin with UNIQUE. */
  async indexes(table: string): Promise<Record<string, string>> {
    const rows = await this.sql(
      `SELECT c.relname AS name, CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END ||
              substring(pg_get_indexdef(i.indexrelid) from 'USING .*') AS sql
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::regclass`,
      [this.name(table)],
    );
    return Object.fromEntries(rows.map(({ name, sql }) => [name!, sql!]));
  }

  /** DEFAULT expressions by column. */
  async defaults(table: string): Promise<Record<string, string | null>> {
    const rows = await this.sql(
      `SELECT a.attname AS name, pg_get_expr(d.adbin, d.adrelid) AS sql
       FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE a.attrelid = $1::regclass AND a.attnum > 0`,
      [this.name(table)],
    );
    return Object.fromEntries(rows.map(({ name, sql }) => [name!, sql!]));
  }

  async quarantined(table: string): Promise<Quarantined[]> {
    const rows = await this.sql(
      `SELECT locator, column_name, storage_class, reason, encode(raw, 'hex') AS raw, cells FROM sqlift.quarantine
       WHERE run = $1 AND table_name = $2 ORDER BY locator`,
      [this.report.run, table],
    );
    return rows.map((row) => ({
      locator: row.locator!,
      column: row.column_name!,
      storage: row.storage_class!,
      reason: row.reason!,
      raw: row.raw!,
      cells: JSON.parse(row.cells!) as Quarantined['cells'],
    }));
  }

  /**
   * Rows of a source table that are neither in the target, every cell holding what SQLite held, nor whole in quarantine; and rows of the
   * target that no row of the source accounts for.
   */
  async unaccounted(table: string): Promise<string[]> {
    const { columns } = this.entry(table);
    const source = readSource(
      this.source,
      table,
      columns.map((column) => column.source),
    );
    const { rows, fields } = await this.client.query<(string | null)[]>({
      text: `SELECT ${columns.map(({ target }) => quote(target)).join(', ')} FROM ${this.name(table)}`,
      rowMode: 'array',
    });
    if (fields.length !== columns.length) throw new Error(`${table}: columns of the target are missing`);
    const kinds = columns.map(({ type, conversion }) => ({
      type: PG_NAMES[type.replace(/\(.*/, '')] ?? type,
      tagged: type === 'jsonb' && conversion.startsWith('mixed'),
    }));
    const kept = await this.quarantined(table);
    const left = [...rows];
    const missing = source.rows.filter((row) => {
      const at = left.findIndex((target) =>
        row.every((cell, i) => holds(cell, kinds[i]!.type, target[i]!, kinds[i]!.tagged, false)),
      );
      if (at >= 0) left.splice(at, 1);
      if (at >= 0) return false;
      const inQuarantine = kept.findIndex((one) => row.every((cell, i) => keeps(one, source.columns[i]!, cell)));
      if (inQuarantine >= 0) kept.splice(inQuarantine, 1);
      return inQuarantine < 0;
    });
    return [
      ...missing.map((row) => `missing: ${row.map(show).join(', ')}`),
      ...left.map((row) => `nobody's: ${row.map((cell) => cell?.slice(0, 40) ?? 'NULL').join(', ')}`),
      ...kept.map((one) => `quarantined, but not in the source: ${JSON.stringify(one).slice(0, 200)}`),
    ];
  }
}

/** What the oracle calls the types, as PostgreSQL's format_type does. */
const PG_NAMES: Readonly<Record<string, string>> = {
  varchar: 'character varying',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
};

/** Whether a quarantined row holds this cell: class and value, to the byte. */
function keeps({ cells }: Quarantined, column: string, cell: Cell): boolean {
  const kept = cells.find((one) => one.column === column);
  if (kept === undefined) return false;
  const asHex = cell.storage === 'text' && (cell.broken || cell.bytes.includes(0));
  if (kept.class !== (asHex ? 'text (hex)' : cell.storage)) return false;
  switch (cell.storage) {
    case 'null':
      return true;
    case 'integer':
      return kept.value === String(cell.value);
    case 'real':
      return Object.is(Number(kept.value), cell.value);
    case 'text':
      return kept.value === cell.bytes.toString(asHex ? 'hex' : 'utf8');
    case 'blob':
      return kept.value === cell.bytes.toString('hex');
  }
}
