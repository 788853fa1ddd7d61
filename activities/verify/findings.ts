import type { TableMapping } from '../../core/mapping';
import type { SourceValue } from '../../core/meaning/meaning';
import type { Difference } from '../../core/run';
import { shownApart, shownRow } from './show';

/** Differences kept in full for one table. */
export const KEPT_DIFFERENCES = 1000;

/** A row that is on one side only, as far as is known. `key` names it. */
export interface OddRow {
  values: readonly SourceValue[];
  key: string;
}

/** Collects the differences of one table: the first thousand in full, the rest as a number. */
export class Findings {
  readonly kept: Difference[] = [];
  /** All differences found. */
  count = 0;
  /** False when there were so many rows to look at that some were counted without being looked at: `count` is then the least it can be. */
  exact = true;

  constructor(private readonly mapping: TableMapping) {}

  add(difference: Omit<Difference, 'source' | 'table'>): void {
    this.count++;
    if (this.kept.length < KEPT_DIFFERENCES) {
      this.kept.push({ source: this.mapping.source, table: this.mapping.table, ...difference });
    }
  }

  missing(row: OddRow): void {
    this.add({ kind: 'missing row', key: row.key, expected: shownRow(this.mapping.columns, row.values) });
  }

  extra(row: OddRow): void {
    this.add({ kind: 'extra row', key: row.key, found: shownRow(this.mapping.columns, row.values) });
  }

  cell(key: string, column: number, expected: SourceValue, found: SourceValue): void {
    this.add({
      kind: 'cell',
      key,
      column: this.mapping.columns[column]!.source,
      ...shownApart(expected, found),
    });
  }

  /** Differences that were not looked at one by one: at least so many. */
  atLeast(count: number): void {
    this.count += count;
    this.exact = false;
  }
}
