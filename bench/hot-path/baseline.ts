import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dataset } from '../datasets';
import type { Dataset } from '../datasets';
import { draft } from '../speed/sqlift/draft';
import { sum } from '../statistics';
import { compare } from './compare';
import type { Comparison, Side } from './compare';
import { entryOf, freeze } from './freeze';
import { PASSES } from './passes';
import type { Input, Pass } from './passes';

/** The frozen copy of the hot path that today's is compared with. `npm run bench:hot-path -- --renew WHY` makes it anew. */
export const BASELINE = path.join(__dirname, 'baseline');
const RECORD = path.join(BASELINE, 'record.json');

/** A pass gets slower unnoticed up to here; above, the check fails. Between this and 1 lies what measuring cannot tell. */
export const ALLOWED = 1.1;
/** The same of the mean of all passes, of which more can be told. */
export const ALLOWED_TOGETHER = 1.08;
/** Below this, nobody needs to measure on. */
const CLEAR = 1.05;

/** So many rows are some milliseconds of work. */
const ROWS = { wide: 2_500, narrow: 25_000, json: 500 } satisfies Partial<Record<Dataset, number>>;
type HotSet = keyof typeof ROWS;

export interface Case {
  data: HotSet;
  pass: Pass;
}

/** The tuples of jsonb are sent in another form than they are asked for. */
export const CASES: readonly Case[] = (Object.keys(ROWS) as HotSet[]).flatMap((data) =>
  PASSES.filter((pass) => data !== 'json' || pass !== 'hash-target').map((pass) => ({ data, pass })),
);

/** What is kept beside the frozen code. */
interface Kept {
  /** How the frozen code is asked: by data set, without the path of its file. */
  inputs: Record<HotSet, Omit<Input, 'file'>>;
  renewals: Renewal[];
}

export interface Renewal {
  date: string;
  why: string;
  /** By case: how many times as much processor time as the copy before it. Absent of the first. */
  ratios?: Record<string, number>;
}

/** The geometric mean. */
export function together(ratios: readonly number[]): number {
  return Math.exp(sum(ratios.map(Math.log)) / ratios.length);
}

export function nameOf({ data, pass }: Case): string {
  return `${data} ${pass}`;
}

/** Today's code, compiled like the frozen one, and the data sets; remove it when done. */
export class Today {
  readonly #folder: string;
  readonly #entry: string;
  readonly #inputs: Record<HotSet, Input>;

  private constructor(folder: string, inputs: Record<HotSet, Input>) {
    this.#folder = folder;
    this.#entry = freeze(path.join(folder, 'code'));
    this.#inputs = inputs;
  }

  static async open(): Promise<Today> {
    const data = path.join(__dirname, '../.data');
    mkdirSync(data, { recursive: true });
    const folder = mkdtempSync(path.join(data, 'hot-path-'));
    try {
      const inputs: [string, Input][] = [];
      for (const [name, rows] of Object.entries(ROWS)) {
        const file = dataset(name as HotSet, folder, rows);
        const { catalog, mapping } = await draft(file);
        inputs.push([name, { file, catalog, mapping: mapping.tables[0]! }]);
      }
      return new Today(folder, Object.fromEntries(inputs) as Record<HotSet, Input>);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  side(data: HotSet): Side {
    return { entry: this.#entry, input: this.#inputs[data] };
  }

  /** Compares a pass with the frozen one. */
  async compare({ data, pass }: Case): Promise<Comparison> {
    const { file } = this.#inputs[data];
    const then = { entry: entryOf(BASELINE), input: { ...readRecord().inputs[data], file } };
    const found = await compare(pass, this.side(data), then, CLEAR);
    const [now, before] = found.rows;
    if (now !== before) throw new Error(`${data} ${pass}: ${now} rows, and ${before} by the frozen copy`);
    return found;
  }

  /** Puts today's code in the place of the frozen one. */
  renew(why: string, ratios?: Record<string, number>): void {
    const renewals = ratios === undefined ? [] : readRecord().renewals;
    freeze(BASELINE);
    const inputs = Object.fromEntries(
      Object.entries(this.#inputs).map(([data, { catalog, mapping }]) => [data, { catalog, mapping }]),
    ) as Kept['inputs'];
    const date = new Date().toISOString().slice(0, 10);
    const record: Kept = { inputs, renewals: [...renewals, { date, why, ...(ratios && { ratios }) }] };
    writeFileSync(RECORD, `${JSON.stringify(record, undefined, 1)}\n`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function renewals(): Renewal[] {
  return readRecord().renewals;
}

function readRecord(): Kept {
  return JSON.parse(readFileSync(RECORD, 'utf8')) as Kept;
}
