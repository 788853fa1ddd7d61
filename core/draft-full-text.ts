import { nameRule } from './draft-key-columns';
import type { Keys } from './draft-keys';
import type { ColumnDraft, Note, TableDraft } from './draft-table';
import { parseType } from './mapping';
import { fitName } from './names';
import type { Namespace } from './names';
import type { PlanIndex } from './plan';
import { asciiLower } from './sql/ascii';
import { quoteIdent, quoteText } from './sql/quote';
import type { SourceCatalog, SourceFullText, SourceObject } from './source';

interface Drafting {
  tables: ReadonlyMap<string, TableDraft>;
  /** By table name; the indexes are added to these. */
  keys: Map<string, Keys>;
  names: Namespace;
  note: Note;
}

/**
 * Full-text tables as full-text indexes: GIN over to_tsvector, on the table of their rows or, where the text is another table's, on that
 * one. Says of each full-text table what became of it.
 */
export function draftFullText({ others }: SourceCatalog, at: Drafting): void {
  for (const [name, draft] of at.tables) {
    const { fullText } = draft.table;
    if (fullText === undefined || draft.given?.whole === true) continue;
    const found = indexOn(draft, fullText, `${draft.target}_fts`, name, at);
    const rows =
      'its rows are moved into an ordinary table, without their rowids (a column with value: rowid carries them)';
    at.note(
      name,
      'virtual table',
      'index' in found
        ? `${rows}; words are found by the index ${found.index}, with @@ instead of MATCH`
        : `${rows}; its full-text index is not: ${found.reason}`,
    );
    if (fullText.languageId !== undefined)
      at.note(`${name}.${fullText.languageId}`, 'column', 'the hidden column of each row’s language is not moved');
  }
  for (const object of others) {
    if (object.fullText?.content) at.note(object.name, object.kind, elsewhere(object, object.fullText, others, at));
  }
}

/** What becomes of a full-text index whose text another table holds. */
function elsewhere(
  object: SourceObject,
  fullText: SourceFullText,
  others: readonly SourceObject[],
  at: Drafting,
): string {
  const key = asciiLower(fullText.content!);
  const draft = [...at.tables.values()].find(({ table }) => asciiLower(table.name) === key);
  const start = `full-text index of ${draft?.table.name ?? fullText.content!}, without text of its own`;
  if (draft === undefined) {
    const isView = others.some(({ name, kind }) => kind === 'view' && asciiLower(name) === key);
    return `${start}: ${isView ? 'that is a view, and PostgreSQL’s have no indexes' : 'that is not moved'}`;
  }
  const found = indexOn(draft, fullText, object.name, object.name, at);
  return 'index' in found
    ? `${start}: words are found by the index ${found.index} of that table, with @@ instead of MATCH`
    : `${start}: ${found.reason}`;
}

/** Adds the index to the table's keys, unless it is there or the plan says which indexes there are. */
function indexOn(
  draft: TableDraft,
  fullText: SourceFullText,
  wanted: string,
  object: string,
  { keys, names, note }: Drafting,
): { index: string } | { reason: string } {
  const own = keys.get(draft.table.name)!;
  const given = draft.given?.indexes !== undefined || draft.given?.whole === true;
  if (given) {
    const same = own.indexes?.find(({ name, using }) => name === fitName(wanted) && using === 'gin');
    return same === undefined ? { reason: 'the plan says which indexes that has' } : { index: same.name };
  }
  const texts: string[] = [];
  for (const name of fullText.columns) {
    const column = draft.columns.find((one) => asciiLower(one.column.name) === asciiLower(name));
    const text = column === undefined ? undefined : textOf(column);
    if (text !== undefined) texts.push(`coalesce(${text}, '')`);
    else
      note(
        `${object}.${name}`,
        'full-text column',
        column === undefined
          ? 'its words are not found: there is no such column that is moved'
          : `its words are not found: it becomes ${column.inference.type}, whose text in PostgreSQL is not SQLite’s`,
      );
  }
  if (texts.length === 0) return { reason: 'it has no columns of text' };
  const { configuration, caveats } = configurationOf(fullText.tokenizer);
  for (const caveat of caveats) note(object, 'tokenizer', caveat);
  const expression = `to_tsvector(${quoteText(configuration)}::regconfig, ${texts.join(` || ' ' || `)})`;
  const same = own.indexes?.find(({ using, columns }) => using === 'gin' && columns[0]!.expression === expression);
  if (same !== undefined) return { index: same.name };
  const name = names.take(wanted);
  if (name !== wanted) note(wanted, 'index name', `called ${name} in PostgreSQL, where ${nameRule(wanted)}`);
  const index: PlanIndex = { name, using: 'gin', columns: [{ expression }] };
  keys.set(draft.table.name, { ...own, indexes: [...(own.indexes ?? []), index] });
  return { index: name };
}

/** A column as the text that SQLite finds words in, in PostgreSQL's SQL; undefined where there is no such, or none that never changes. */
function textOf({ inference, target }: ColumnDraft): string | undefined {
  const name = quoteIdent(target);
  if (inference.format === 'tagged') return `${name} #>> '{}'`;
  if (inference.format !== undefined) return undefined;
  switch (parseType(inference.type).name) {
    case 'text':
    case 'varchar':
      return name;
    case 'bigint':
    case 'integer':
    case 'smallint':
    case 'numeric':
    case 'uuid':
    case 'json':
    case 'jsonb':
      return `${name}::text`;
    default:
      return undefined;
  }
}

const ENGLISH = 'porter compares the stems of words; english does in PostgreSQL, and finds no words such as “the”';
const DIACRITICS = 'unicode61 finds é by e; PostgreSQL tells them apart';
const TRIGRAM = 'trigram finds any three characters; the index finds words and their beginnings (pg_trgm finds parts)';

/** PostgreSQL's text search configuration that is most like a tokenizer, and what is different about it. */
function configurationOf(tokenizer: string): { configuration: 'simple' | 'english'; caveats: string[] } {
  const words = asciiLower(tokenizer).split(/[\s="]+/);
  const [first] = words;
  const plain = !words.includes('unicode61') || words[words.indexOf('remove_diacritics') + 1] === '0';
  const caveats = plain ? [] : [DIACRITICS];
  if (first === 'porter') return { configuration: 'english', caveats: [ENGLISH, ...caveats] };
  if (first === 'trigram') return { configuration: 'simple', caveats: [TRIGRAM] };
  if (first !== 'simple' && first !== 'ascii' && first !== 'unicode61')
    caveats.push(`${words[0]} has rules of its own for words; PostgreSQL goes by letters and digits`);
  return { configuration: 'simple', caveats };
}
