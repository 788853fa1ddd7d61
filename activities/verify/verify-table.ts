import type { Pool } from 'pg';
import type { ChunkRange } from '../../core/chunk';
import { RowDigest, RowHash } from '../../core/digest';
import type { TableMapping } from '../../core/mapping';
import type { Meaning } from '../../core/meaning/meaning';
import type { Difference } from '../../core/run';
import { ReadBack } from '../../stores/postgres/read-back';
import type { TargetPlace } from '../../stores/postgres/names';
import { ReadAgain } from '../../stores/sqlite/read-again';
import type { Locator } from '../../stores/sqlite/read-again';
import { findNotContained } from './contained';
import { Findings } from './findings';
import { narrow } from './narrow';
import { OwnDigests, ThreadDigests } from './source-digests';
import { both, Sides, SourceSide, TargetSide } from './sides';
import type { Unit } from './sides';
import { unitsOf } from './units';

export interface VerifyTableInput {
  snapshotPath: string;
  target: Pool;
  /** Where the rows are now: the staging table before publishing, the table itself after it. */
  location: TargetPlace;
  mapping: TableMapping;
  /** The table's chunks, in order. They also say what `quarantined` means: rowids, or row numbers in natural order from 0. */
  ranges: readonly ChunkRange[];
  /** Places of the rows that are in quarantine, and so are not expected in the target. */
  quarantined: ReadonlySet<Locator>;
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
  seconds: number;
}

/**
 * Compares a table of the target with its snapshot, by meaning: count and digest per unit first, then, where they differ,
 * down to rows and cells. Differences are in the verdict, never an exception. Memory does not grow with the table.
 */
export async function verifyTable(input: VerifyTableInput): Promise<TableVerdict> {
  const { mapping, location, quarantined, signal } = input;
  const begun = performance.now();
  const findings = new Findings(mapping);
  const back = await ReadBack.open(input.target);
  try {
    const addressed = addressing(input);
    const again = new ReadAgain(input.snapshotPath, mapping.origin, mapping.columns, addressed);
    try {
      const sides = new Sides(
        new SourceSide(again, mapping, quarantined, signal),
        new TargetSide(back, location, mapping, signal),
      );
      const found = input.contained
        ? await findNotContained(sides, back, location, mapping, findings)
        : await compare(sides, await unitsOf(back, location, mapping, input.ranges), findings, input, addressed);
      if (found.left !== quarantined.size) {
        findings.add({
          kind: 'count',
          expected: `${quarantined.size} rows of the quarantine in the snapshot`,
          found: `${found.left} of them`,
        });
      }
      if (input.account !== undefined) checkAccount(input.account, again, found, findings);
      return {
        sourceRows: found.source.count + found.left,
        targetRows: found.targetRows,
        quarantined: found.left,
        digest: found.digest,
        differences: findings.kept,
        differenceCount: findings.count,
        countExact: findings.exact,
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
  { source, left }: Compared,
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
  const all = source.count + left + leftOut;
  if (all !== sourceRows)
    findings.add({ kind: 'count', expected: `${all} rows of the source`, found: `${sourceRows} in the ledger` });
}

/** What either way of comparing gives, besides findings. */
export interface Compared {
  /** Source rows that are not in quarantine. */
  source: RowDigest;
  targetRows: number;
  digest: string;
  /** Source rows that are. */
  left: number;
}

async function compare(
  sides: Sides,
  units: readonly Unit[],
  findings: Findings,
  input: VerifyTableInput,
  addressed: ChunkRange['kind'],
): Promise<Compared> {
  const { snapshotPath, mapping, quarantined, signal } = input;
  const all = { source: new RowDigest(), target: new RowDigest(), left: 0 };
  const hash = new RowHash();
  let reported = 0;
  const report = (unitsDone: number, target: number, now: boolean) => {
    if (input.onProgress === undefined || (!now && performance.now() - reported < 250)) return;
    reported = performance.now();
    input.onProgress({
      sourceRows: sources.rows,
      targetRows: all.target.count + target,
      unitsDone,
      units: units.length,
    });
  };
  // A table of one chunk is not worth a thread.
  const sources =
    units.length > 1
      ? new ThreadDigests({ snapshotPath, mapping, quarantined, addressed, units }, signal)
      : new OwnDigests(sides.source);
  try {
    for (const [index, unit] of units.entries()) {
      const target = new RowDigest();
      const onRow = (meanings: readonly Meaning[]) => {
        hash.of(meanings);
        target.add(hash);
        if (target.count % 1000 === 0) report(index, target.count, false);
      };
      const source = await both(sources.digest(unit, index), sides.target.scan(unit, onRow));
      if (!source.digest.equals(target)) await narrow(sides, unit, mapping, findings);
      all.left += source.left;
      all.source.merge(source.digest);
      all.target.merge(target);
      report(index + 1, 0, true);
    }
  } finally {
    await sources.close();
  }
  return { source: all.source, targetRows: all.target.count, digest: all.target.hex, left: all.left };
}

function addressing({ ranges, mapping }: VerifyTableInput): ChunkRange['kind'] {
  return (
    ranges[0]?.kind ?? (mapping.origin.kind === 'rowid' && mapping.origin.rowidName !== undefined ? 'rowid' : 'ordinal')
  );
}
