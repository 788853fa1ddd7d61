import { RowDigest, RowHash } from '../../core/digest';
import { FieldHash } from '../../core/field-digest/hash';
import { isAskedAsText, targetHasher } from '../../core/field-digest/target';
import type { TableMapping } from '../../core/mapping';
import type { TargetPlace } from '../../stores/postgres/names';
import type { ReadBack } from '../../stores/postgres/read-back';
import type { TargetSide, Unit } from './sides';

/** Digest of the rows of a unit in the target. */
export type DigestTarget = (unit: Unit, onRow: (digest: RowDigest) => void) => Promise<RowDigest>;

/** By the bytes of the fields, as PostgreSQL's binary COPY has them. */
export function targetFields(
  back: ReadBack,
  place: TargetPlace,
  { columns }: TableMapping,
  signal?: AbortSignal,
): DigestTarget {
  const hashRow = targetHasher(columns);
  const asked = columns.map((column) => ({ name: column.target, asText: isAskedAsText(column) }));
  const hash = new FieldHash();
  return async (unit, onRow) => {
    const digest = new RowDigest();
    const visit = (bytes: Buffer, view: DataView, start: number) => {
      const end = hashRow(bytes, view, start + 2, hash);
      digest.add(hash);
      onRow(digest);
      return end;
    };
    await back.tuples(place, asked, visit, { range: unit.target, signal });
    return digest;
  };
}

/** By the meanings of what PostgreSQL prints. */
export function targetMeanings(side: TargetSide): DigestTarget {
  const hash = new RowHash();
  return async (unit, onRow) => {
    const digest = new RowDigest();
    await side.scan(unit, (meanings) => {
      hash.of(meanings);
      digest.add(hash);
      onRow(digest);
    });
    return digest;
  };
}
