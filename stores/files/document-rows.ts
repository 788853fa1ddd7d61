import type { Database, Statement } from 'better-sqlite3';
import type { WantedFields } from '../../core/field-storage';
import { nameKey, quoteName } from '../sqlite/names';
import { DECLARED, cellOf } from './cells';
import type { Cell } from './cells';
import { FILES_TABLE } from './collections';
import type { FieldColumn } from './field-census';
import { scanJson } from './json-scan';
import type { JsonMember } from './json-scan';
import type { WaitingRecord } from './scratch';

/** The table of a collection. */
export interface DocumentTable {
  name: string;
  fields: readonly FieldColumn[];
  /** Some of its files are Markdown, or the plan has the column. */
  body: boolean;
  /** Some of its documents are no objects, or the plan has the column. */
  value: boolean;
}

/**
 * Writes the rows of one collection. A document is told back from its row: the columns that are not NULL, and what `_extra` holds.
 * There are the fields that have no column, and those that are null, so that null and absent stay two things.
 */
export class DocumentRows {
  readonly #insert: Statement;
  readonly #positions: Map<string, number>;

  constructor(
    db: Database,
    private readonly table: DocumentTable,
  ) {
    const { name, fields, body, value } = table;
    const columns = [
      `"_path" TEXT NOT NULL REFERENCES ${quoteName(FILES_TABLE)} ("path")`,
      '"_index" INTEGER NOT NULL',
      '"_line" INTEGER NOT NULL',
      ...fields.map((field) => `${quoteName(field.name)} ${DECLARED[field.storage]}`.trim()),
      ...(body ? ['"_body" TEXT'] : []),
      ...(value ? ['"_value" JSON BLOB'] : []),
      '"_extra" JSON BLOB',
      '"_refused" TEXT',
      '"_raw" BLOB',
    ];
    db.exec(`CREATE TABLE ${quoteName(name)} (${columns.join(', ')}, PRIMARY KEY ("_path", "_index"))`);
    this.#insert = db.prepare(`INSERT INTO ${quoteName(name)} VALUES (${columns.map(() => '?').join(', ')})`);
    this.#positions = new Map(fields.map((field, i) => [field.name, i]));
  }

  add(path: string, { index, line, json, body, reason, raw }: WaitingRecord): void {
    const { fields } = this.table;
    const cells: Cell[] = fields.map(() => null);
    let value: string | null = null;
    let extra: string | null = null;
    if (json !== null) {
      const scan = scanJson(json);
      if (scan.problem !== undefined) throw new Error(`a record of ${path} was JSON before`);
      if (scan.kind === 'object') extra = this.#spread(scan.members, cells);
      else if (this.table.value) value = json;
      else extra = json;
    }
    this.#insert.run(
      path,
      BigInt(index),
      BigInt(line),
      ...cells,
      ...(this.table.body ? [body] : []),
      ...(this.table.value ? [value] : []),
      extra,
      reason,
      raw,
    );
  }

  /** Puts members into their columns; gives those that have none, as JSON. */
  #spread(members: readonly JsonMember[], cells: Cell[]): string | null {
    const extra: string[] = [];
    for (const member of members) {
      const position = member.kind === 'null' ? undefined : this.#positions.get(member.key);
      if (position === undefined) extra.push(`${member.keyText}:${member.value}`);
      else cells[position] = cellOf(member, this.table.fields[position]!.storage);
    }
    return extra.length === 0 ? null : `{${extra.join(',')}}`;
  }
}

/** Whether a plan's fields include a column of this name, in whatever case. */
export function wants(wanted: WantedFields | undefined, name: string): boolean {
  return wanted !== undefined && Object.keys(wanted.fields).some((field) => nameKey(field) === name);
}
