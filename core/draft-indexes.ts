import { columnOf, shorten } from './draft-table';
import type { ColumnDraft, Note, TableDraft } from './draft-table';
import { collationMeaning, columnsProblem, nameRule } from './draft-key-columns';
import { brokenTexts } from './evidence';
import { parseType } from './mapping';
import type { Namespace } from './names';
import type { PlanIndex } from './plan';
import { collationKey } from './sql/compare';
import { readCreateIndex } from './sql/create-table';
import { translateCondition, translateValue } from './sql/expression';
import type { Scope } from './sql/expression';
import { quoteIdent } from './sql/quote';
import type { SourceIndex } from './source';

type Part = PlanIndex['columns'][number];

/** PostgreSQL's limit of an entry of a btree, in bytes: a third of a page (BTMaxItemSize), less what the entry's head takes. */
const MAX_ENTRY = 2_600;

/** A CREATE INDEX that means the same in PostgreSQL; what has no equal is noted. */
export function draftIndex(
  draft: TableDraft,
  index: SourceIndex,
  scope: Scope,
  names: Namespace,
  note: Note,
): PlanIndex | undefined {
  const refused = (reason: string) => {
    note(index.name, 'index', reason, index.sql);
    return undefined;
  };
  const text = index.sql === undefined ? undefined : readCreateIndex(index.sql);
  const expressions = index.columns.some(({ name }) => name === undefined);
  if ((index.partial || expressions) && text?.parts.length !== index.columns.length)
    return refused('it cannot be read');
  const plain = index.columns.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const problem = columnsProblem(draft, plain);
  if (problem !== undefined) return refused(problem);

  const caveats = new Set<string>();
  const columns: Part[] = [];
  for (const [i, { name, descending, collation }] of index.columns.entries()) {
    let part: Part;
    if (name === undefined) {
      const result = translateValue(text!.parts[i]!, scope);
      if ('reason' in result) return refused(`not translated: ${shorten(text!.parts[i]!)}: ${result.reason}`);
      const { operand } = result;
      const isText = operand.kind === 'text';
      for (const caveat of result.caveats) caveats.add(caveat);
      if (isText && !isOwn(collation)) return refused(`its collation ${collation} is the application’s own`);
      part = { expression: isText ? collationKey(operand, collation) : operand.sql };
    } else {
      const folded = index.unique ? foldedPart(columnOf(draft, name)!, collation) : { column: name };
      if (folded === undefined) return refused(`unique by ${collation}; in PostgreSQL ${collationMeaning(collation)}`);
      part = folded;
    }
    columns.push({ ...part, ...(descending && { descending }) });
  }
  let where: string | undefined;
  if (text?.where !== undefined && index.partial) {
    const result = translateCondition(text.where, scope);
    if ('reason' in result) return refused(`not translated: WHERE ${shorten(text.where)}: ${result.reason}`);
    for (const caveat of result.caveats) caveats.add(caveat);
    where = result.sql;
  }
  const fitted = index.unique ? hashedWhereLong(draft, columns) : hashWhereLong(draft, columns);
  if (fitted === undefined) return refused(LONG);
  if (fitted.note !== undefined) note(index.name, 'index method', fitted.note);

  const name = names.take(index.name);
  if (name !== index.name)
    note(index.name, 'index name', `called ${name} in PostgreSQL, where ${nameRule(index.name)}`);
  for (const caveat of caveats) note(index.name, 'calculation', caveat);
  if (!index.unique) noteCollations(index, note);
  const { using, columns: parts } = fitted;
  return {
    name,
    ...(index.unique && { unique: true }),
    ...(using !== undefined && { using }),
    columns: parts,
    ...(where !== undefined && { where }),
  };
}

function noteCollations(index: SourceIndex, note: Note): void {
  const collated = index.columns.find(({ name, collation }) => name !== undefined && collation !== 'BINARY')?.collation;
  if (collated !== undefined)
    note(
      index.name,
      'collation',
      `the index compares by ${collated} in SQLite; in PostgreSQL ${collationMeaning(collated)}`,
    );
}

function isOwn(collation: string): boolean {
  return collation === 'BINARY' || collation === 'NOCASE' || collation === 'RTRIM';
}

/** A column of a unique index, such that values are equal where SQLite's collation finds them equal; undefined where that is unknown. */
export function foldedPart(draft: ColumnDraft, collation: string): Part | undefined {
  const { column, inference, target } = draft;
  const { name } = parseType(inference.type);
  const isText = name === 'text' || name === 'varchar';
  // Of numbers, dates and UUIDs the collation says nothing.
  if (collation === 'BINARY' || (!isText && name !== 'jsonb' && isOwn(collation))) return { column: column.name };
  if (!isText || !isOwn(collation)) return undefined;
  return { expression: collationKey({ sql: quoteIdent(target), kind: 'text' }, collation) };
}

const LONG = 'its values may be longer than the 2,704 bytes that an entry of an index has in PostgreSQL';

/** The most bytes that the values of these columns have; expressions are reckoned as long as the longest column. */
function entryBytes(draft: TableDraft, parts: readonly Part[]): number {
  return parts.reduce((sum, { column }) => sum + (column === undefined ? 0 : longest(columnOf(draft, column)!)), 0);
}

/** In jsonb, blobs and texts that are none to PostgreSQL stand in hex. */
function longest({ evidence, inference }: ColumnDraft): number {
  const { texts, blobs } = evidence;
  const inHex = parseType(inference.type).name === 'jsonb' ? 2 : 1;
  return Math.max(
    (texts.maxBytes ?? 0) * (brokenTexts(evidence) > 0 ? inHex : 1),
    blobs.count > 0 ? blobs.maxBytes * inHex : 0,
  );
}

interface Fitted {
  columns: Part[];
  using?: 'hash';
  /** What is different about the index. */
  note?: string;
}

/** Long values are told apart by a digest, in a unique index. */
export function hashedWhereLong(draft: TableDraft, parts: readonly Part[]): Fitted {
  if (entryBytes(draft, parts) <= MAX_ENTRY) return { columns: [...parts] };
  const columns = parts.map((part): Part => {
    if (part.column === undefined) return part;
    const column = columnOf(draft, part.column)!;
    const name = quoteIdent(column.target);
    const type = parseType(column.inference.type).name;
    if (longest(column) * parts.length <= MAX_ENTRY) return part;
    if (type === 'bytea') return { expression: `sha256(${name})` };
    // 2 and 2.0 are equal in jsonb, as in SQLite; their texts are not.
    if (type === 'jsonb')
      return {
        expression: `md5(CASE WHEN jsonb_typeof(${name}) = 'number' THEN trim_scale(${name}::numeric)::text ELSE ${name}::text END)`,
      };
    return type === 'text' || type === 'varchar' ? { expression: `md5(${name})` } : part;
  });
  return { columns, note: `${LONG}: they are told apart by a digest, and the index serves no order` };
}

/** A plain index on long values finds equal ones only. */
function hashWhereLong(draft: TableDraft, parts: readonly Part[]): Fitted | undefined {
  if (entryBytes(draft, parts) <= MAX_ENTRY) return { columns: [...parts] };
  const [part] = parts;
  if (parts.length !== 1 || part === undefined) return undefined;
  return {
    columns: [{ column: part.column! }],
    using: 'hash',
    note: `${LONG}: made a hash index, which finds equal values only`,
  };
}
