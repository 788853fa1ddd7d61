/**
 * What a source contains, in SQLite's own terms: the result of reading its schema, not its rows.
 * Names are exactly as the source spells them.
 */

export interface SourceCatalog {
  /** `PRAGMA encoding`: how text is stored in the file. */
  encoding: 'UTF-8' | 'UTF-16le' | 'UTF-16be';
  pageSize: number;
  pageCount: number;
  applicationId: number;
  userVersion: number;
  /** Ordinary and virtual tables that hold data, in name order (by code unit). Shadow and `sqlite_` tables are not among them. */
  tables: SourceTable[];
  /** Everything else in the schema, with its SQL: named in the report when it is not carried. */
  others: SourceObject[];
}

export interface SourceObject {
  name: string;
  kind: 'view' | 'trigger' | 'shadow table' | 'internal table' | 'virtual table' | 'file' | 'encoding';
  /** The table a trigger or shadow table belongs to. */
  table?: string;
  sql: string;
  /** Columns of a view that can be computed. */
  columns?: string[];
  /** Why nothing of it can be read, when that is known here (for example "no such module: vec0"). */
  unreadable?: string;
  /** Of a full-text index of another table's text. */
  fullText?: SourceFullText;
}

/** What a full-text table (FTS3, FTS4, FTS5) finds words in. */
export interface SourceFullText {
  /** Columns whose words are found, as the full-text table spells them. */
  columns: string[];
  /** How text is cut into words, as the module reads it: `unicode61`, `porter ascii`, `trigram`. */
  tokenizer: string;
  /** The table that holds the text, where the full-text table itself holds none; '' where none does. */
  content?: string;
  /** The hidden column that says each row's language. */
  languageId?: string;
}

export interface SourceTable {
  name: string;
  kind: 'rowid' | 'without rowid' | 'virtual';
  strict: boolean;
  sql: string;
  /** Page number of the table's b-tree; 0 for virtual tables. */
  rootPage: number;
  /** Every column with a value of its own, hidden ones of virtual tables excluded; generated columns included. */
  columns: SourceColumn[];
  /** Generated columns that only the application can compute: known by name, and not among `columns`. */
  uncomputable?: string[];
  /** Columns of the declared primary key, in key order; empty when there is none. */
  primaryKey: string[];
  /** The column that is an alias of the rowid (INTEGER PRIMARY KEY), if any. */
  rowidAlias?: string;
  /** A spelling of "rowid" that no real column hides, to address rows with; absent where there is none. */
  rowidName?: string;
  autoincrement: boolean;
  /** `sqlite_sequence.seq`, as a decimal string, when AUTOINCREMENT has been used. */
  sequence?: string;
  foreignKeys: SourceForeignKey[];
  indexes: SourceIndex[];
  /** Of a full-text table with text of its own. */
  fullText?: SourceFullText;
  /** SQLite condition of a plan: rows of which it is not true are not read. */
  where?: string;
  /** Of a table made from files: the columns that say why a record could not be read, and what its bytes are. No plan moves them. */
  refusals?: { reason: string; raw: string };
}

export interface SourceColumn {
  name: string;
  /** Declared type as written, without constraints; '' when there is none. */
  declared: string;
  affinity: Affinity;
  notNull: boolean;
  /** Text of the DEFAULT expression, as `PRAGMA table_xinfo` gives it. */
  default?: string;
  /** Generated columns: `stored` values are in the row, `virtual` ones are computed when read. */
  generated?: 'stored' | 'virtual';
  /** Collating sequence when it is not BINARY. */
  collation?: string;
  /** SQLite expression of a plan that makes the cells of a column that the table itself does not have. */
  value?: string;
  /** What else is known of it, for people. */
  note?: string;
}

/** Whether a column holds data: those that mark a row as refused do not. */
export function isData({ refusals }: SourceTable, { name }: SourceColumn): boolean {
  return name !== refusals?.reason && name !== refusals?.raw;
}

export type Affinity = 'integer' | 'real' | 'numeric' | 'text' | 'blob';

export interface SourceForeignKey {
  columns: string[];
  parent: string;
  /** Referenced columns; resolved to the parent's primary key when the declaration leaves them out; empty when that fails. */
  parentColumns: string[];
  onDelete: ReferentialAction;
  onUpdate: ReferentialAction;
  deferred: boolean;
}

export type ReferentialAction = 'NO ACTION' | 'RESTRICT' | 'CASCADE' | 'SET NULL' | 'SET DEFAULT';

export interface SourceIndex {
  name: string;
  unique: boolean;
  /** `c` CREATE INDEX · `u` UNIQUE constraint · `pk` PRIMARY KEY that is not the rowid. */
  origin: 'c' | 'u' | 'pk';
  partial: boolean;
  /** SQL of CREATE INDEX; absent for those that a constraint made. */
  sql?: string;
  /** Key columns in order; `name` is absent for an expression. */
  columns: { name?: string; descending: boolean; collation: string }[];
}

/**
 * The affinity that SQLite gives a column of this declared type (sqlite.org/datatype3.html §3.1):
 * the five rules are tried in their order, on the upper-cased type.
 */
export function affinityOf(declared: string): Affinity {
  const type = declared.toUpperCase();
  if (type.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  if (type === '' || type.includes('BLOB')) return 'blob';
  if (/REAL|FLOA|DOUB/.test(type)) return 'real';
  return 'numeric';
}
