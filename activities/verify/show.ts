import type { ColumnMapping } from '../../core/mapping';
import { InvalidText } from '../../core/meaning/meaning';
import type { SourceValue } from '../../core/meaning/meaning';

/** Cells and rows for people: what a Difference says was expected and found. */

const LONGEST = 200;

/** A source value, or a text of the target, as one line. */
export function shown(value: SourceValue): string {
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex', 0, Math.min(value.length, 1 << 20))}`;
  if (value instanceof InvalidText) return `invalid text \\x${value.bytes.toString('hex', 0, LONGEST)}`;
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Both sides of a cell, shortened to 200 characters around the first place where they differ, so that a difference far inside is seen. */
export function shownApart(source: SourceValue, target: SourceValue): { expected: string; found: string } {
  let expected = shown(source);
  const found = shown(target);
  // What looks alike differs in what it is.
  if (expected === found) expected += ` (${storageClass(source)})`;
  let at = 0;
  while (at < expected.length && expected.charCodeAt(at) === found.charCodeAt(at)) at++;
  return { expected: excerpt(expected, at), found: excerpt(found, at) };
}

function storageClass(value: SourceValue): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return 'real';
  return typeof value === 'string' ? 'text' : 'blob';
}

/** A row as `column=cell` list, shortened. */
export function shownRow(columns: readonly ColumnMapping[], values: readonly SourceValue[]): string {
  return excerpt(columns.map((column, i) => `${column.source}=${excerpt(shown(values[i]!), 0, 60)}`).join(', '), 0);
}

function excerpt(text: string, at: number, longest = LONGEST): string {
  if (text.length <= longest) return text;
  const length = ` (${text.length} characters)`;
  const from = at < longest / 2 ? 0 : at - 40;
  const room = longest - length.length - 2;
  // By code points, so that no surrogate pair is cut in two.
  const piece = text.slice(from, from + room).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
  return `${from > 0 ? '…' : ''}${piece}${from + room < text.length ? '…' : ''}${length}`;
}
