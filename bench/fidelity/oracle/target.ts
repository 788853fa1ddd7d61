import { Client } from 'pg';

export interface Column {
  name: string;
  /** As PostgreSQL's format_type spells it. */
  type: string;
}

export interface Relation {
  schema: string;
  name: string;
  kind: 'table' | 'view';
  columns: Column[];
}

/** What a tool calls a table or a column of the source, most likely name first. */
export interface Names {
  table(source: string): string[];
  column(table: string, source: string): string[];
  /** Columns of sqlift's tagged JSON. */
  tagged(table: string, source: string): boolean;
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string | null): string =>
  text === null ? 'NULL' : `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

const RELATIONS = `
  SELECT n.nspname AS schema, c.relname AS name, CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
    (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)) ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^(pg_|information_schema$|sqlift$)' AND c.relname !~ '^_dlt_'
  ORDER BY 1, 2`;

/** The database that a tool was to fill, looked at with no tool's help. Every value is in PostgreSQL's text form. */
export class Target {
  private constructor(
    private readonly client: Client,
    readonly relations: readonly Relation[],
    private readonly names: Names,
  ) {}

  static async open(url: string, names: Names): Promise<Target> {
    const client = new Client({ connectionString: url, types: { getTypeParser: () => (text: string) => text } });
    await client.connect();
    await client.query(`SET timezone = 'UTC'; SET search_path = pg_catalog; SET statement_timeout = '30s'`);
    const { rows } = await client.query<{
      schema: string;
      name: string;
      kind: Relation['kind'];
      columns: string | null;
    }>(RELATIONS);
    const relations = rows.map((row) => ({ ...row, columns: JSON.parse(row.columns ?? '[]') as Column[] }));
    return new Target(client, relations, names);
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** The relation that a source table became. */
  table(source: string, kind: Relation['kind'] = 'table'): Relation | undefined {
    for (const name of this.names.table(source)) {
      const found = this.relations.find((one) => one.name === name && one.kind === kind);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Columns that a source column became; several where a tool keeps values of another type beside it. */
  columns(table: string, relation: Relation, source: string): Column[] {
    for (const name of this.names.column(table, source)) {
      const first = relation.columns.find((one) => one.name === name);
      if (first !== undefined) return [first, ...relation.columns.filter((one) => one.name.startsWith(`${name}__v_`))];
    }
    return [];
  }

  tagged(table: string, source: string): boolean {
    return this.names.tagged(table, source);
  }

  async rows(relation: Relation, columns: readonly Column[]): Promise<(string | null)[][]> {
    const list = columns.map(({ name }) => quote(name)).join(', ');
    const text = `SELECT ${list === '' ? '1' : list} FROM ${quote(relation.schema)}.${quote(relation.name)}`;
    return (await this.client.query<(string | null)[]>({ text, rowMode: 'array' })).rows;
  }

  /** Tables that hold this text in some column, with that column. */
  async holding(marker: string): Promise<{ relation: Relation; column: string }[]> {
    const found: { relation: Relation; column: string }[] = [];
    for (const relation of this.relations.filter(({ kind }) => kind === 'table')) {
      const rows = await this.rows(relation, relation.columns);
      relation.columns.forEach(({ name }, i) => {
        if (rows.some((row) => row[i] === marker)) found.push({ relation, column: name });
      });
    }
    return found;
  }

  /**
   * Tries to insert a row, by the source's names, and takes it back. Gives the row as it would have been, or the SQLSTATE of the refusal;
   * undefined where table or column are not there.
   */
  async insert(
    table: string,
    row: Record<string, string | null>,
  ): Promise<Record<string, string | null> | string | undefined> {
    const relation = this.table(table);
    if (relation === undefined) return undefined;
    const columns = Object.keys(row).map((name) => this.columns(table, relation, name)[0]);
    if (columns.some((column) => column === undefined)) return undefined;
    // dlt asks for its own two in every row.
    const own = relation.columns.filter(({ name }) => name === '_dlt_id' || name === '_dlt_load_id');
    const list = [...columns.map((column) => quote(column!.name)), ...own.map(({ name }) => quote(name))];
    const values = [...Object.values(row).map(literal), ...own.map((_, i) => `'fidelity ${i}'`)];
    const place = `${quote(relation.schema)}.${quote(relation.name)}`;
    const text =
      list.length === 0 ? `${place} DEFAULT VALUES` : `${place} (${list.join(', ')}) VALUES (${values.join(', ')})`;
    await this.client.query('BEGIN');
    try {
      const result = await this.client.query<Record<string, string | null>>(`INSERT INTO ${text} RETURNING *`);
      await this.client.query('SET CONSTRAINTS ALL IMMEDIATE');
      const [made] = result.rows;
      return Object.fromEntries(Object.entries(made!));
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await this.client.query('ROLLBACK');
    }
  }

  async sql(text: string, values: unknown[] = []): Promise<Record<string, string | null>[]> {
    return (await this.client.query<Record<string, string | null>>(text, values)).rows;
  }
}
