import type { ColumnMapping, TypeName } from '../mapping';
import { targetMeaning } from '../meaning/target';
import { fieldKind } from './field';
import { named, unrolled } from '../unrolled';
import type { FieldHash } from './hash';

/** Whether the target is asked for the column as text, which is what its meaning is told from. */
export function isAskedAsText(column: ColumnMapping): boolean {
  return fieldKind(column) === 'meaning';
}

type HashTuple = (bytes: Buffer, view: DataView, start: number, hash: FieldHash) => number;

/**
 * Hashes the fields of a tuple of a binary COPY: a 32-bit length and that many bytes for each column, −1 for NULL.
 * @returns the offset behind the last field
 */
export function targetHasher(columns: readonly ColumnMapping[]): HashTuple {
  return unrolled(
    ['bytes', 'view', 'start', 'hash'],
    [
      'let at = start; hash.begin();',
      ...columns.map((_, i) => `at = field${i}(bytes, view, at, hash);`),
      'hash.end(); return at;',
    ],
    named('field', columns.map(fieldHasher)),
  );
}

function fieldHasher(column: ColumnMapping): HashTuple {
  if (isAskedAsText(column)) return meaningField(meaningOfCast(column));
  return OF_EIGHT_BYTES.includes(column.type.name) ? eightField : bytesField;
}

const OF_EIGHT_BYTES: readonly TypeName[] = ['bigint', 'double precision', 'timestamp', 'timestamptz'];

const bytesField: HashTuple = (_bytes, view, at, hash) => {
  const size = view.getInt32(at);
  const start = at + 4;
  if (size < 0) {
    hash.null();
    return start;
  }
  hash.bytes(view, start, start + size);
  return start + size;
};

/** The same of fields that are always of eight bytes. */
const eightField: HashTuple = (_bytes, view, at, hash) => {
  if (view.getInt32(at) < 0) {
    hash.null();
    return at + 4;
  }
  hash.eight(view.getInt32(at + 4), view.getInt32(at + 8));
  return at + 12;
};

function meaningField(meaning: (text: string) => string): HashTuple {
  return (bytes, view, at, hash) => {
    const size = view.getInt32(at);
    const start = at + 4;
    if (size < 0) {
      hash.null();
      return start;
    }
    hash.text(meaning(bytes.toString('utf8', start, start + size)));
    return start + size;
  };
}

/** What a cast to text gives is what COPY prints, but for booleans: `true` in place of `t`. */
function meaningOfCast(column: ColumnMapping): (text: string) => string {
  const meaning = targetMeaning(column);
  return column.type.name === 'boolean' ? (text) => meaning(text.charAt(0))! : (text) => meaning(text)!;
}
