import type { ChunkRange } from '../../core/chunk';
import type { TableMapping } from '../../core/mapping';
import type { TargetPlace } from '../../stores/postgres/names';
import type { ReadBack } from '../../stores/postgres/read-back';
import type { Unit } from './sides';

/**
 * The parts in which a table is compared. Its chunks, where their rows can be selected in the target too: the rowid's alias
 * column is moved as it is and has an index there. Otherwise the whole table is one part.
 */
export async function unitsOf(
  back: ReadBack,
  place: TargetPlace,
  mapping: TableMapping,
  ranges: readonly ChunkRange[],
): Promise<Unit[]> {
  const alias = mapping.columns.find(
    (column) => column.source === mapping.origin.rowidAlias && column.value === undefined,
  );
  const byKey = alias !== undefined && alias.type.name === 'bigint' && ranges.length > 1;
  if (!byKey || !isContiguous(ranges) || !(await back.hasIndexOn(place, alias.target))) return [{ source: 'all' }];
  const key = alias.target;
  return [
    ...ranges.map((range, i): Unit => {
      // Open at both ends, so that a row of the target with a key that no chunk has is seen.
      const after = i === 0 ? null : range.after;
      const upTo = i === ranges.length - 1 ? null : range.upTo;
      return { source: { kind: 'rowid', after, upTo }, target: { key, after, upTo } };
    }),
    { source: 'none', target: { key, isNull: true } },
  ];
}

type RowidRange = Extract<ChunkRange, { kind: 'rowid' }>;

/** Whether the ranges follow one another without a gap. */
function isContiguous(ranges: readonly ChunkRange[]): ranges is RowidRange[] {
  return ranges.every((range, i) => {
    if (range.kind !== 'rowid') return false;
    return i === 0 || (range.after !== null && range.after === (ranges[i - 1] as RowidRange).upTo);
  });
}
