import { RowHash } from '../../core/digest';
import type { TableMapping } from '../../core/mapping';
import type { Meaning, SourceValue } from '../../core/meaning/meaning';
import type { Locator } from '../../stores/sqlite/read-again';
import type { Findings } from './findings';
import { reportPairs } from './pairs';
import type { Unmatched } from './pairs';
import { shown } from './show';
import { detached } from './sides';
import type { Sides, Unit } from './sides';

const BUCKETS = 65_536;

export interface NarrowLimits {
  /** Rows of both sides that one round may keep. */
  rowsPerRound: number;
  /** Their size, in code units of their cells. */
  unitsPerRound: number;
  /** Rounds, each reading the unit once more. */
  rounds: number;
  /** Rows without a partner that are kept for pairing when rows have no key. */
  unpaired: number;
}

export const NARROW_LIMITS: NarrowLimits = {
  rowsPerRound: 50_000,
  unitsPerRound: 32_000_000,
  rounds: 8,
  unpaired: 2_000,
};

/**
 * Finds the rows and cells in which a unit differs whose digests differ, in bounded memory: rows fall into 65,536 buckets
 * by the hash of their key (of all cells, where there is no key), buckets with equal sums are left alone, and the
 * others are read again, as many at a time as memory allows.
 */
export async function narrow(
  sides: Sides,
  unit: Unit,
  mapping: TableMapping,
  findings: Findings,
  limits: NarrowLimits = NARROW_LIMITS,
): Promise<void> {
  const keyColumns = pairingColumns(mapping);
  const buckets = await new Buckets(keyColumns).fill(sides, unit);
  const unpaired = { missing: [] as Unmatched[], extra: [] as Unmatched[] };
  const groups = buckets.differing(limits);
  for (const group of groups.slice(0, limits.rounds)) {
    const rows = await collect(sides, unit, mapping, keyColumns, buckets, group);
    for (const { missing, extra } of rows) {
      if (keyColumns !== undefined) {
        reportPairs(missing, extra, true, findings);
        continue;
      }
      // Rows without a key can have their partner in any other bucket.
      for (const row of missing)
        if (unpaired.missing.length < limits.unpaired) unpaired.missing.push(row);
        else findings.missing(row);
      for (const row of extra)
        if (unpaired.extra.length < limits.unpaired) unpaired.extra.push(row);
        else findings.extra(row);
    }
  }
  reportPairs(unpaired.missing, unpaired.extra, false, findings);
  const unread = groups.slice(limits.rounds).flatMap((group) => [...group]);
  if (unread.length > 0)
    findings.atLeast(unread.reduce((sum, bucket) => sum + Math.max(1, Math.abs(buckets.surplus(bucket))), 0));
}

/** Positions of the columns by which rows of both sides are matched; `undefined` where rows have no key that is moved. */
export function pairingColumns(mapping: TableMapping): number[] | undefined {
  for (const key of [mapping.primaryKey?.columns, mapping.origin.primaryKey]) {
    const positions = (key ?? []).map((name) => mapping.columns.findIndex((column) => column.source === name));
    if (positions.length > 0 && !positions.includes(-1)) return positions;
  }
  return undefined;
}

/** Sums of row hashes by bucket: the source's added, the target's taken away, so that equal buckets end at zero. */
class Buckets {
  readonly #low = new Uint32Array(BUCKETS);
  readonly #high = new Uint32Array(BUCKETS);
  readonly #surplus = new Int32Array(BUCKETS);
  readonly #rows = new Uint32Array(BUCKETS);
  readonly #units = new Float64Array(BUCKETS);
  readonly #hash = new RowHash();
  readonly #keyHash = new RowHash();

  constructor(private readonly keyColumns: readonly number[] | undefined) {}

  async fill(sides: Sides, unit: Unit): Promise<this> {
    await sides.scan(
      unit,
      (meanings) => this.#count(meanings, 1),
      (meanings) => this.#count(meanings, -1),
    );
    return this;
  }

  /** The bucket of a row. */
  of(meanings: readonly Meaning[]): number {
    this.#keyHash.of(this.keyColumns === undefined ? meanings : this.keyColumns.map((i) => meanings[i]!));
    return this.#keyHash.high >>> 16;
  }

  /** Rows that the source has more of in this bucket than the target. */
  surplus(bucket: number): number {
    return this.#surplus[bucket]!;
  }

  /** Buckets that differ, in groups that fit one round each. */
  differing(limits: NarrowLimits): Set<number>[] {
    const groups: Set<number>[] = [];
    let rows = Infinity;
    let units = Infinity;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (this.#low[bucket] === 0 && this.#high[bucket] === 0 && this.#surplus[bucket] === 0) continue;
      rows += this.#rows[bucket]!;
      units += this.#units[bucket]!;
      if (rows > limits.rowsPerRound || units > limits.unitsPerRound) {
        groups.push(new Set());
        rows = this.#rows[bucket]!;
        units = this.#units[bucket]!;
      }
      groups.at(-1)!.add(bucket);
    }
    return groups;
  }

  #count(meanings: readonly Meaning[], sign: 1 | -1): void {
    const bucket = this.of(meanings);
    this.#hash.of(meanings);
    const low = this.#low[bucket]! + sign * this.#hash.low;
    this.#low[bucket] = low;
    this.#high[bucket] = this.#high[bucket]! + sign * this.#hash.high + Math.floor(low / 0x1_0000_0000);
    this.#surplus[bucket] = this.#surplus[bucket]! + sign;
    this.#rows[bucket]!++;
    let units = 0;
    for (const meaning of meanings) units += meaning === null ? 0 : meaning.length;
    this.#units[bucket] = this.#units[bucket]! + units;
  }
}

/** Rows of one side that wait for their equals, by hash. */
type Waiting = Map<string, Unmatched[]>;

/** Reads the buckets of a group once more and gives what is left, by key, when equal rows have cancelled each other out. */
async function collect(
  sides: Sides,
  unit: Unit,
  mapping: TableMapping,
  keyColumns: readonly number[] | undefined,
  buckets: Buckets,
  group: ReadonlySet<number>,
): Promise<{ missing: Unmatched[]; extra: Unmatched[] }[]> {
  const hash = new RowHash();
  const missing: Waiting = new Map();
  const extra: Waiting = new Map();
  const keep = (
    meanings: readonly Meaning[],
    values: readonly SourceValue[],
    own: Waiting,
    other: Waiting,
    locator?: Locator,
  ) => {
    if (!group.has(buckets.of(meanings))) return;
    hash.of(meanings);
    const twins = other.get(hash.key);
    if (twins !== undefined) {
      twins.pop();
      if (twins.length === 0) other.delete(hash.key);
      return;
    }
    const row = {
      meanings: detached(meanings),
      values: detached(values),
      key: keyText(values, keyColumns, mapping, locator),
    };
    const same = own.get(hash.key);
    if (same === undefined) own.set(hash.key, [row]);
    else same.push(row);
  };
  await sides.scan(
    unit,
    (meanings, values, locator) => keep(meanings, values, missing, extra, locator),
    (meanings, texts) => keep(meanings, texts, extra, missing),
  );
  const byKey = new Map<string, { missing: Unmatched[]; extra: Unmatched[] }>();
  const sort = (waiting: Waiting, side: 'missing' | 'extra') => {
    for (const rows of waiting.values()) {
      for (const row of rows) {
        const key = keyColumns === undefined ? '' : JSON.stringify(keyColumns.map((i) => row.meanings[i]));
        let both = byKey.get(key);
        if (both === undefined) byKey.set(key, (both = { missing: [], extra: [] }));
        both[side].push(row);
      }
    }
  };
  sort(missing, 'missing');
  sort(extra, 'extra');
  return [...byKey.values()];
}

/** How a Difference names a row: its key as text, else its place in the snapshot. */
export function keyText(
  values: readonly SourceValue[],
  keyColumns: readonly number[] | undefined,
  mapping: TableMapping,
  locator?: Locator,
): string {
  if (keyColumns !== undefined)
    return keyColumns
      .map((i) => shown(values[i]!))
      .join(', ')
      .slice(0, 200);
  if (locator === undefined) return '';
  return `${mapping.origin.kind === 'rowid' && mapping.origin.rowidName !== undefined ? 'rowid' : 'row'} ${locator}`;
}
