import type { ColumnMapping } from '../mapping';
import { targetMeaning } from '../meaning/target';
import { fieldKind } from './field';
import type { FieldHash } from './hash';

/** Whether the target is asked for the column as text, which is what its meaning is told from. */
export function isAskedAsText(column: ColumnMapping): boolean {
  return fieldKind(column) === 'meaning';
}

/**
 * Hashes the fields of a tuple of a binary COPY: a 32-bit length and that many bytes for each column, −1 for NULL.
 * @returns the offset behind the last field
 */
export function targetHasher(
  columns: readonly ColumnMapping[],
): (bytes: Buffer, view: DataView, start: number, hash: FieldHash) => number {
  const meanings = columns.map((column) => (isAskedAsText(column) ? meaningOfCast(column) : undefined));
  const count = meanings.length;
  return (bytes, view, start, hash) => {
    let at = start;
    hash.begin();
    for (let i = 0; i < count; i++) {
      const size = view.getInt32(at);
      at += 4;
      if (size < 0) {
        hash.null();
        continue;
      }
      const meaning = meanings[i];
      if (meaning === undefined) hash.bytes(view, at, at + size);
      else hash.text(meaning(bytes.toString('utf8', at, at + size)));
      at += size;
    }
    hash.end();
    return at;
  };
}

/** What a cast to text gives is what COPY prints, but for booleans: `true` in place of `t`. */
function meaningOfCast(column: ColumnMapping): (text: string) => string {
  const meaning = targetMeaning(column);
  return column.type.name === 'boolean' ? (text) => meaning(text.charAt(0))! : (text) => meaning(text)!;
}
