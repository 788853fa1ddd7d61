import { columnOf, shorten } from './draft-table';
import type { ColumnDraft, Note, TableDraft } from './draft-table';
import { collationMeaning, columnsProblem, nameRule } from './draft-key-columns';
import { brokenTexts } from './evidence';
import { parseType } from './mapping';
import type { TypeName } from './mapping';
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
  const of = index.columns.map(({ name }) => (name === undefined ? undefined : columnOf(draft, name)));
  const fitted = index.unique ? hashedWhereLong(columns, of) : hashWhereLong(columns, of);
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

/** The most bytes that an entry of these values has; of an expression over several columns that is unknown. */
function entryBytes(of: readonly (ColumnDraft | undefined)[]): number {
  return of.reduce((sum, draft) => sum + (draft === undefined ? 0 : longest(draft)), 0);
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

/**
 * Long values are told apart by a digest, in a unique index.
 * @param of the column that each part is of, where it is of one
 */
export function hashedWhereLong(parts: readonly Part[], of: readonly (ColumnDraft | undefined)[]): Fitted {
  if (entryBytes(of) <= MAX_ENTRY) return { columns: [...parts] };
  const columns = parts.map((part, i): Part => {
    const draft = of[i];
    if (draft === undefined || longest(draft) * parts.length <= MAX_ENTRY) return part;
    const digest = digestOf(part.expression ?? quoteIdent(draft.target), parseType(draft.inference.type).name);
    return digest === undefined ? part : { expression: digest, ...(part.descending && { descending: true }) };
  });
  return { columns, note: `${LONG}: they are told apart by a digest, and the index serves no order` };
}

function digestOf(value: string, type: TypeName): string | undefined {
  switch (type) {
    case 'bytea':
      return `sha256(${value})`;
    case 'text':
    case 'varchar':
      return `md5(${value})`;
    case 'jsonb':
      // 2 and 2.0 are equal in jsonb, as in SQLite; their texts are not.
      return `md5(CASE WHEN jsonb_typeof(${value}) = 'number' THEN trim_scale(${value}::numeric)::text ELSE ${value}::text END)`;
    default:
      return undefined;
  }
}

/** A plain index on long values finds equal ones only. */
function hashWhereLong(parts: readonly Part[], of: readonly (ColumnDraft | undefined)[]): Fitted | undefined {
  if (entryBytes(of) <= MAX_ENTRY) return { columns: [...parts] };
  const [part] = parts;
  if (parts.length !== 1 || part?.column === undefined) return undefined;
  return {
    columns: [{ column: part.column }],
    using: 'hash',
    note: `${LONG}: made a hash index, which finds equal values only`,
  };
}
