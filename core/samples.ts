import { bytesAt, integerAt, realAt, storageClassOf } from './row';
import type { RowView } from './row';
import type { Sample } from './evidence';

/** Longest text of a sample, in characters. */
const LONGEST = 80;
/** Bytes of a cell that are looked at: more than a sample ever shows. */
const BYTES = 200;

/** The cell, with its rowid or primary key to find it by. */
export function sampleOf(row: RowView, column: number, key: readonly number[]): Sample {
  const at = row.rowid === undefined ? key.map((part) => show(row, part)).join(', ') || 'no key' : `rowid ${row.rowid}`;
  return { at: cut(at), value: show(row, column) };
}

/** A cell as SQL would write it, in one line of printable characters. */
function show(row: RowView, column: number): string {
  switch (storageClassOf(row.serials[column]!)) {
    case 'null':
      return 'NULL';
    case 'integer':
      return integerAt(row, column).toString();
    case 'real':
      return String(realAt(row, column));
    case 'text':
      return oneLine(JSON.stringify(bytesAt(row, column).toString('utf8', 0, BYTES)));
    case 'blob':
      return cut(`x'${bytesAt(row, column).toString('hex', 0, BYTES)}'`);
  }
}

/** The text as a sample has it: at most 80 printable characters. */
export function oneLine(text: string): string {
  return cut(text.replace(/[^\x20-\x7e\p{L}\p{N}\p{P}\p{S}]/gu, escape));
}

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** Cuts between characters, never inside a surrogate pair. */
function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  const end = LONGEST - 1;
  return `${text.slice(0, /[\ud800-\udbff]/.test(text[end - 1]!) ? end - 1 : end)}…`;
}
