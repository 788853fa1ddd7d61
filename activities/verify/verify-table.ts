import type { Pool } from 'pg';
import type { ChunkRange } from '../../core/chunk';
import type { TableMapping } from '../../core/mapping';
import type { Difference } from '../../core/run';
import type { SourceCatalog } from '../../core/source';
import type { TargetPlace } from '../../stores/postgres/names';
import { ReadBack } from '../../stores/postgres/read-back';
import { ReadAgain } from '../../stores/sqlite/read-again';
import type { Locator } from '../../stores/sqlite/read-again';
import { Comparison } from './comparison';
import type { Compared } from './comparison';
import { Findings } from './findings';

export interface VerifyTableInput {
  snapshotPath: string;
  catalog: SourceCatalog;
  target: Pool;
  /** Where the rows are now: the staging table before publishing, the table itself after it. */
  location: TargetPlace;
  mapping: TableMapping;
  /** The table's chunks, in order. They also say what `quarantined` means: rowids, or row numbers in natural order from 0. */
  ranges: readonly ChunkRange[];
  /** Places of the rows that are in quarantine, and so are not expected in the target. */
  quarantined: ReadonlySet<Locator>;
  /** Chunks that are compared a second time, by code that shares nothing with import: their positions in `ranges`. */
  again?: ReadonlySet<number>;
  /** What the ledger says of a table of which the plan's condition leaves rows out. */
  account?: { sourceRows: number; filtered: number };
  /** The target holds other rows too (`append`, once published): each row of the source must be there, more may be. */
  contained?: boolean;
  /** Called a few times a second at most per unit with the rows compared so far. */
  onProgress?: (progress: VerifyProgress) => void;
  signal?: AbortSignal;
}

export interface VerifyProgress {
  sourceRows: number;
  targetRows: number;
  unitsDone: number;
  units: number;
}

export interface TableVerdict {
  /** All rows of the source that the plan does not leave out, those in quarantine included. */
  sourceRows: number;
  targetRows: number;
  quarantined: number;
  /** Digest of the target's rows, 16 hexadecimal digits; of the source's rows when `contained`. */
  digest: string;
  /** The first 1,000. */
  differences: Difference[];
  /** How many there are; the least it can be when `countExact` is false. */
  differenceCount: number;
  countExact: boolean;
  /** Chunks that were compared a second time, by code that shares nothing with import. */
  chunksAgain: number;
  seconds: number;
}

/**
 * Compares a table of the target with its snapshot, cell by cell: count and digest per unit by the bytes of the fields, all of them. Units that
 * differ, and those that are to be compared again, are read through better-sqlite3 and PostgreSQL's text output, and what differs there is
 * followed down to rows and cells. Differences are in the verdict, never an exception. Memory does not grow with the table.
 *
 * @throws SqliftError ReadingsDisagree where the two ways of reading do
 */
export async function verifyTable(input: VerifyTableInput): Promise<TableVerdict> {
  const { mapping, quarantined } = input;
  const begun = performance.now();
  const findings = new Findings(mapping);
  const back = await ReadBack.open(input.target);
  try {
    const addressed = addressing(input);
    const again = new ReadAgain(input.snapshotPath, mapping.origin, mapping.columns, addressed);
    try {
      const comparison = new Comparison(input, addressed, back, again, findings);
      const found = await (input.contained ? comparison.contained() : comparison.equal());
      if (found.left !== quarantined.size) {
        findings.add({
          kind: 'count',
          expected: `${quarantined.size} rows of the quarantine in the snapshot`,
          found: `${found.left} of them`,
        });
      }
      if (input.account !== undefined) checkAccount(input.account, again, found, findings);
      return {
        sourceRows: found.sourceRows + found.left,
        targetRows: found.targetRows,
        quarantined: found.left,
        digest: found.digest,
        differences: findings.kept,
        differenceCount: findings.count,
        countExact: findings.exact,
        chunksAgain: found.chunksAgain,
        seconds: (performance.now() - begun) / 1000,
      };
    } finally {
      again.close();
    }
  } finally {
    await back.close();
  }
}

/** Source rows are the loaded, the quarantined and the filtered ones; all three are counted anew. */
function checkAccount(
  { sourceRows, filtered }: { sourceRows: number; filtered: number },
  again: ReadAgain,
  found: Compared,
  findings: Findings,
): void {
  const leftOut = again.countFiltered();
  if (leftOut !== filtered) {
    findings.add({
      kind: 'count',
      expected: `${leftOut} rows that the plan leaves out`,
      found: `${filtered} in the ledger`,
    });
  }
  const all = found.sourceRows + found.left + leftOut;
  if (all !== sourceRows)
    findings.add({ kind: 'count', expected: `${all} rows of the source`, found: `${sourceRows} in the ledger` });
}

function addressing({ ranges, mapping }: VerifyTableInput): ChunkRange['kind'] {
  return (
    ranges[0]?.kind ?? (mapping.origin.kind === 'rowid' && mapping.origin.rowidName !== undefined ? 'rowid' : 'ordinal')
  );
}
