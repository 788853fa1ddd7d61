import type { Pool, PoolClient } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { copyOut } from './copy-out';
import type { VisitTuple } from './copy-out';
import { CopyTextParser } from './copy-text';
import { targetError } from './errors';
import { qualified, quoteIdent } from './names';
import type { TargetPlace } from './names';

/** Rows whose key column is in (`after`, `upTo`], decimal strings, null is open; or those whose key is NULL. */
export type KeyRange = { key: string; after: string | null; upTo: string | null } | { key: string; isNull: true };

/**
 * Reads tables of the target for verification, through PostgreSQL's text output or its binary one, all in one transaction, so that
 * every pass over a table sees the same rows. Holds one connection of the pool until `close`.
 */
export class ReadBack {
  #abandoned = false;

  private constructor(private readonly client: PoolClient) {}

  /** Begins. The meaning of the texts depends on the settings made here, whoever opened the pool. */
  static async open(pool: Pool): Promise<ReadBack> {
    let client: PoolClient | undefined;
    try {
      client = await pool.connect();
      // row_security=off: a policy that hides rows is an error then, not a table that looks smaller.
      await client.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';
         SET LOCAL client_encoding = 'UTF8'; SET LOCAL search_path = pg_catalog; SET LOCAL row_security = off; SET LOCAL statement_timeout = 0`,
      );
      return new ReadBack(client);
    } catch (error) {
      client?.release(true);
      throw targetError(error);
    }
  }

  /** Calls `visit` for every row; `columns` are target names. Memory holds one network chunk, or one row when that is larger. */
  async rows(
    place: TargetPlace,
    columns: readonly string[],
    visit: (cells: readonly (string | null)[]) => void,
    options: { range?: KeyRange | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const parser = new CopyTextParser(columns.length, visit);
    const sql = `COPY (SELECT ${columns.map(quoteIdent).join(', ')} FROM ${qualified(place.schema, place.table)}${where(options.range)}) TO STDOUT`;
    // Until the last byte has been read, the connection is of no use to anybody else.
    this.#abandoned = true;
    try {
      for await (const chunk of this.client.query(copyTo(sql))) {
        options.signal?.throwIfAborted();
        parser.push(chunk as Buffer);
      }
      this.#abandoned = false;
    } catch (error) {
      throw targetError(error, { table: place.table });
    }
  }

  /**
   * The same in PostgreSQL's binary format, several times as fast.
   * @param columns target names; those with `asText` come as the text that PostgreSQL prints
   */
  async tuples(
    place: TargetPlace,
    columns: readonly { name: string; asText: boolean }[],
    visit: VisitTuple,
    options: { range?: KeyRange | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const list = columns.map(({ name, asText }) => `${quoteIdent(name)}${asText ? '::text' : ''}`).join(', ');
    const sql = `COPY (SELECT ${list} FROM ${qualified(place.schema, place.table)}${where(options.range)}) TO STDOUT (FORMAT binary)`;
    this.#abandoned = true;
    try {
      await copyOut(this.client, sql, visit, options.signal);
      this.#abandoned = false;
    } catch (error) {
      throw targetError(error, { table: place.table });
    }
  }

  /** A query whose cells come as PostgreSQL prints them. */
  async query(sql: string, values: readonly unknown[] = []): Promise<(string | null)[][]> {
    try {
      const result = await this.client.query<(string | null)[]>({
        text: sql,
        values: [...values],
        rowMode: 'array',
        types: { getTypeParser: () => (text: string) => text },
      } as never);
      return result.rows;
    } catch (error) {
      throw targetError(error);
    }
  }

  /** Types of the table's columns by name, without length or precision. */
  async typesOf({ schema, table }: TargetPlace): Promise<Map<string, string>> {
    const rows = await this.query(
      `SELECT attname, atttypid::regtype FROM pg_attribute
        WHERE attrelid = to_regclass(format('%I.%I', $1::text, $2::text)) AND attnum > 0 AND NOT attisdropped`,
      [schema, table],
    );
    return new Map(rows.map(([name, type]) => [name!, type!]));
  }

  /** Whether rows can be found by a range of this column without reading the whole table. */
  async hasIndexOn(place: TargetPlace, column: string): Promise<boolean> {
    const rows = await this.query(
      `SELECT 1 FROM pg_index i
         JOIN pg_class c ON c.oid = i.indexrelid
         JOIN pg_am am ON am.oid = c.relam AND am.amname = 'btree'
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = format('%I.%I', $1::text, $2::text)::regclass AND a.attname = $3 AND i.indisvalid AND i.indpred IS NULL LIMIT 1`,
      [place.schema, place.table, column],
    );
    return rows.length > 0;
  }

  async close(): Promise<void> {
    if (!this.#abandoned) await this.client.query('ROLLBACK').catch(() => (this.#abandoned = true));
    this.client.release(this.#abandoned);
  }
}

function where(range: KeyRange | undefined): string {
  if (range === undefined) return '';
  const key = quoteIdent(range.key);
  if ('isNull' in range) return ` WHERE ${key} IS NULL`;
  const bounds: string[] = [];
  // Through BigInt, so that nothing but digits gets into the SQL.
  if (range.after !== null) bounds.push(`${key} > ${BigInt(range.after)}`);
  if (range.upTo !== null) bounds.push(`${key} <= ${BigInt(range.upTo)}`);
  return bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
}
