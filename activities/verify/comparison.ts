import type { ChunkRange } from '../../core/chunk';
import { RowDigest } from '../../core/digest';
import { SqliftError } from '../../core/errors';
import type { TypeName } from '../../core/mapping';
import { qualified } from '../../stores/postgres/names';
import type { ReadBack } from '../../stores/postgres/read-back';
import type { ReadAgain } from '../../stores/sqlite/read-again';
import { findNotContained } from './contained';
import type { Findings } from './findings';
import { narrow } from './narrow';
import { both, Sides, SourceSide, TargetSide } from './sides';
import type { Unit } from './sides';
import { OwnDigests, ThreadDigests } from './source-digests';
import { openReading } from './source-reading';
import type { Reading, SourceInput } from './source-reading';
import { targetFields, targetMeanings } from './target-reading';
import type { DigestTarget } from './target-reading';
import { unitsOf } from './units';
import type { VerifyTableInput } from './verify-table';

/** What comparing a table gives, besides findings. */
export interface Compared {
  /** Source rows that are not in quarantine. */
  sourceRows: number;
  targetRows: number;
  /** Of the target's rows; of the source's where the target holds others, too. */
  digest: string;
  /** Source rows that are in quarantine. */
  left: number;
  /** Chunks that were compared by their meanings. */
  chunksAgain: number;
}

/** The sums of both sides of all units, and which units differ. */
interface Pass extends Omit<Compared, 'chunksAgain'> {
  differing: Set<Unit>;
}

const PROGRESS_MS = 250;

/** Types that PostgreSQL's catalog calls by another name than a plan. */
const SPELLED_OUT: Partial<Record<TypeName, string>> = {
  varchar: 'character varying',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
};

/** The comparison of one table: everything by the bytes of its fields, some of it again by meanings. */
export class Comparison {
  readonly #source: SourceInput;
  readonly #sides: Sides;
  readonly #byFields: DigestTarget;
  readonly #byMeanings: DigestTarget;

  constructor(
    private readonly input: VerifyTableInput,
    addressed: ChunkRange['kind'],
    private readonly back: ReadBack,
    again: ReadAgain,
    private readonly findings: Findings,
  ) {
    const { snapshotPath, catalog, mapping, quarantined, location, signal } = input;
    this.#source = { snapshotPath, catalog, mapping, quarantined, addressed };
    const target = new TargetSide(back, location, mapping, signal);
    this.#sides = new Sides(new SourceSide(again, mapping, quarantined, signal), target);
    this.#byFields = targetFields(back, location, mapping, signal);
    this.#byMeanings = targetMeanings(target);
  }

  /** Both sides must hold the same rows. */
  async equal(): Promise<Compared> {
    const { mapping, location, ranges, again = new Set() } = this.input;
    const units = await unitsOf(this.back, location, mapping, ranges);
    // The bytes are those of the plan's types; somebody may have changed a published table's.
    if (await this.#isAltered()) return { ...(await this.#compareAgain(units, new Set())), chunksAgain: ranges.length };
    const pass = await this.#pass('fields', units, this.#byFields);
    // Units are the chunks and one for what is in none of them, or all in one.
    const selectable = units.length > 1;
    const everything = again.size === ranges.length;
    const repeated = units.filter((unit, i) => pass.differing.has(unit) || (selectable ? again.has(i) : everything));
    if (repeated.length > 0) await this.#compareAgain(repeated, pass.differing);
    if (!selectable && repeated.length === 0 && again.size > 0) {
      const parts = [...again].map((chunk): Unit => ({ source: ranges[chunk]! }));
      await findNotContained(this.#sides, parts, this.back, location, mapping, this.findings);
    }
    const ofWhole = repeated.length > 0 ? ranges.length : again.size;
    const chunksAgain = selectable ? repeated.filter(({ source: rows }) => rows !== 'none').length : ofWhole;
    return { ...pass, chunksAgain };
  }

  /** The target must hold every row of the source, and may hold more. */
  async contained(): Promise<Compared> {
    const { location, mapping } = this.input;
    const everything: Unit = { source: 'all' };
    await findNotContained(this.#sides, [everything], this.back, location, mapping, this.findings);
    const reading = openReading('fields', this.#source, this.input.signal);
    try {
      const { digest, left } = await reading.digest(everything, () => {});
      const [[rows] = []] = await this.back.query(`SELECT count(*) FROM ${qualified(location.schema, location.table)}`);
      return {
        sourceRows: digest.count,
        targetRows: Number(rows),
        digest: digest.hex,
        left,
        chunksAgain: this.input.ranges.length,
      };
    } finally {
      reading.close();
    }
  }

  /** Whether a column of the target has another type than the plan gave it. */
  async #isAltered(): Promise<boolean> {
    const { mapping, location } = this.input;
    const types = await this.back.typesOf(location);
    return mapping.columns.some(({ target, type }) => {
      const found = types.get(target);
      return found !== undefined && found !== (SPELLED_OUT[type.name] ?? type.name);
    });
  }

  /** What differs by fields must differ by meanings; what is only looked at a second time must not. */
  async #compareAgain(units: readonly Unit[], differing: ReadonlySet<Unit>): Promise<Pass> {
    const pass = await this.#pass('meanings', units, this.#byMeanings);
    for (const unit of units) {
      if (pass.differing.has(unit)) await narrow(this.#sides, unit, this.input.mapping, this.findings);
      else if (differing.has(unit)) {
        const { table } = this.input.mapping;
        const message = `rows of ${table} differ by their bytes and are equal by their meanings`;
        throw new SqliftError('ReadingsDisagree', message, { table });
      }
    }
    return pass;
  }

  async #pass(kind: Reading, units: readonly Unit[], digestTarget: DigestTarget): Promise<Pass> {
    const { onProgress, signal } = this.input;
    const source = new RowDigest();
    const target = new RowDigest();
    const differing = new Set<Unit>();
    let left = 0;
    let reported = 0;
    const report = (unitsDone: number, targetRows: number) => {
      if (onProgress === undefined || performance.now() - reported < PROGRESS_MS) return;
      reported = performance.now();
      onProgress({ sourceRows: sources.rows, targetRows, unitsDone, units: units.length });
    };
    // A table of one chunk is not worth a thread.
    const sources =
      this.input.ranges.length > 1
        ? new ThreadDigests({ reading: kind, input: this.#source, units }, signal)
        : new OwnDigests(openReading(kind, this.#source, signal));
    try {
      for (const [index, unit] of units.entries()) {
        const onRow = ({ count }: RowDigest) => {
          if (count % 1000 === 0) report(index, target.count + count);
        };
        const [ofSource, ofTarget] = await both(sources.digest(unit, index), digestTarget(unit, onRow));
        if (!ofSource.digest.equals(ofTarget)) differing.add(unit);
        left += ofSource.left;
        source.merge(ofSource.digest);
        target.merge(ofTarget);
        report(index + 1, target.count);
      }
    } finally {
      await sources.close();
    }
    return { sourceRows: source.count, targetRows: target.count, digest: target.hex, left, differing };
  }
}
