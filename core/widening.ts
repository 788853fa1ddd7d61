import type { TargetType } from './mapping';
import type { Affinity } from './source';

const INTEGERS = ['smallint', 'integer', 'bigint'];

/**
 * Whether PostgreSQL's own cast from one type to the other keeps the meaning of every value of a source column of this affinity,
 * so that a column that holds rows already can change its type in place. Other changes need the rows from the source again.
 */
export function isWidening(from: TargetType, to: TargetType, affinity: Affinity): boolean {
  if (from.name === to.name) {
    if (from.name === 'varchar') return to.length! >= from.length!;
    if (from.name !== 'numeric') return true;
    if (to.precision === undefined) return true;
    return (
      from.precision !== undefined &&
      to.scale! >= from.scale! &&
      to.precision - to.scale! >= from.precision - from.scale!
    );
  }
  if (INTEGERS.includes(from.name)) {
    if (INTEGERS.includes(to.name)) return INTEGERS.indexOf(to.name) > INTEGERS.indexOf(from.name);
    if (to.name === 'numeric') return to.precision === undefined;
    // Where SQLite keeps 3 and '3' apart, a text does not stand for the number.
    if (affinity === 'text' || affinity === 'blob') return false;
    // The longest, -9223372036854775808, has 20 characters.
    return to.name === 'text' || (to.name === 'varchar' && to.length! >= 20);
  }
  return (
    (from.name === 'varchar' && to.name === 'text') ||
    (from.name === 'json' && to.name === 'text') ||
    (from.name === 'date' && to.name === 'timestamp')
  );
}
