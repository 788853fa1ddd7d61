import { fieldsOf } from '../../core/feeds/cells';
import type { CacheFeed } from '../../core/feeds/feed';
import { fillTemplate, parseTemplate } from '../../core/feeds/template';
import { canonicalJson } from '../../core/meaning/json';
import { doubleBits } from '../../core/meaning/meaning';
import type { SourceValue } from '../../core/meaning/meaning';
import { sourceMilliseconds, sourceText } from '../../core/meaning/text';

/** What must stand in Redis because of a row: from the source's values through `core/meaning`, not from what the run has written. */
export interface Expected {
  key: string;
  /** Milliseconds since 1970; −1: never. */
  expiresAt: number;
  /** Of a string, and the member of a list, set or zset. */
  value?: Buffer;
  score?: number;
  milliseconds?: number;
  /** Of a hash, a stream's entry or a JSON document. */
  fields?: ExpectedField[];
}

export interface ExpectedField {
  name: string;
  /** The column that it comes from. */
  column: string;
  /** Bytes of the field; of a JSON document, canonical JSON. */
  value: Buffer;
  /** A list: any JSON that means the same. */
  list: boolean;
}

/** Compiles what a feed's rows are expected to be. Undefined for a row that cannot have become an entry. */
export function compileExpected({
  columns,
  planned,
}: CacheFeed): (cells: readonly SourceValue[]) => Expected | undefined {
  const at = (name: string) => columns.findIndex(({ source }) => source === name);
  const { as } = planned;
  const key = template(planned.key);
  const value = planned.value === undefined ? undefined : template(planned.value);
  const expires = planned.expires === undefined ? undefined : moment(planned.expires);
  const id = planned.id === undefined ? undefined : moment(planned.id);
  const score = planned.score === undefined ? undefined : scoreOf(planned.score);
  const fields =
    planned.value !== undefined
      ? []
      : fieldsOf({ columns }, planned.fields).map(({ name, column, list }) => ({
          name,
          column,
          list,
          at: at(column),
          read: sourceText(columns[at(column)]!),
          type: columns[at(column)]!.type?.name,
        }));

  return (cells) => {
    const name = key(cells);
    if (name === undefined) return undefined;
    const expected: Expected = { key: name.toString(), expiresAt: expires?.(cells) ?? -1 };
    if (value !== undefined) {
      const bytes = value(cells);
      if (bytes === undefined) return undefined;
      expected.value = bytes;
    } else {
      expected.fields = [];
      for (const { name: field, column, list, at: position, read, type } of fields) {
        const given = cells[position]!;
        const text = read(given);
        if (text === undefined) return undefined;
        if (text === null) continue;
        const shown = as === 'json' ? json(given, text, type, list) : text;
        expected.fields.push({ name: field, column, list, value: Buffer.isBuffer(shown) ? shown : Buffer.from(shown) });
      }
    }
    if (score !== undefined) expected.score = score(cells);
    if (id !== undefined) expected.milliseconds = id(cells)!;
    return expected;
  };

  /** Text with its columns filled in; bytes where it is nothing but a column that holds bytes. */
  function template(text: string): (cells: readonly SourceValue[]) => Buffer | undefined {
    const parsed = parseTemplate(text)!;
    const { texts, columns: names } = parsed;
    const readers = names.map((name) => ({ at: at(name), read: sourceText(columns[at(name)]!) }));
    const alone = names.length === 1 && texts.every((part) => part === '') && text === planned.value;
    return (cells) => {
      const parts = readers.map(({ at: position, read }) => read(cells[position]!));
      if (parts.some((part) => part === undefined || part === null)) return undefined;
      if (alone) return Buffer.from(parts[0] as string);
      return Buffer.from(fillTemplate(parsed, (_, i) => hex(parts[i]!))!);
    };
  }

  function moment(name: string): (cells: readonly SourceValue[]) => number | undefined {
    const read = sourceMilliseconds(columns[at(name)]!);
    return (cells) => read(cells[at(name)]!);
  }

  function scoreOf(name: string): (cells: readonly SourceValue[]) => number {
    const type = columns[at(name)]!.type?.name;
    if (type === 'timestamp' || type === 'timestamptz' || type === 'date') return (cells) => moment(name)(cells)!;
    return (cells) => Number(cells[at(name)]);
  }
}

/** A field of a document in the one form that `canonicalJson` gives everything that means the same. */
function json(given: SourceValue, text: string | Buffer, type: string | undefined, list: boolean): string {
  const isNumber =
    type === undefined
      ? typeof given !== 'string'
      : ['bigint', 'integer', 'smallint', 'double precision', 'boolean'].includes(type);
  const raw = list || type === 'json' || type === 'jsonb' || (isNumber && typeof text === 'string');
  const shown = raw ? (text as string) : JSON.stringify(hex(text));
  return canonicalJson(shown, true) ?? shown;
}

function hex(part: string | Buffer): string {
  return typeof part === 'string' ? part : part.toString('hex');
}

/** Whether a field is what it is expected to be. */
export function sameField({ value, list }: ExpectedField, found: Buffer): boolean {
  if (!list) return value.equals(found);
  const means = canonicalJson(value.toString(), true);
  // What is no JSON is never equal to what is none either.
  return means !== undefined && means === canonicalJson(found.toString(), true);
}

export function sameScore(expected: number, found: string): boolean {
  const score = found === 'inf' ? Infinity : found === '-inf' ? -Infinity : Number(found);
  return doubleBits(score) === doubleBits(expected);
}

/** At most so many characters of a value are shown in a difference. */
const SHOWN = 200;

export function shown(bytes: Buffer | string): string {
  const text = bytes.toString();
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
