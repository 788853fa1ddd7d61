import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dataset } from '../datasets';
import type { Dataset } from '../datasets';
import { sum } from '../statistics';
import { compare } from './compare';
import type { Comparison, Side } from './compare';
import { PASSES } from './passes';
import type { Pass } from './passes';
import { revisionOfToday, versionAt, versionOfToday, versionsFolder } from './version';
import type { Version } from './version';

/** Which commit's hot path today's is compared with: the last of the renewals. */
const RECORD = path.join(__dirname, 'renewals.json');

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

export interface Renewal {
  /** The commit whose code became the baseline. */
  revision: string;
  date: string;
  why: string;
  /** By case: how many times as much processor time as the baseline before it. Absent of the first. */
  ratios?: Record<string, number>;
}

/** The geometric mean. */
export function together(ratios: readonly number[]): number {
  return Math.exp(sum(ratios.map(Math.log)) / ratios.length);
}

export function nameOf({ data, pass }: Case): string {
  return `${data} ${pass}`;
}

/** Today's code, that of the baseline, and data sets for both; remove it when done. */
export class HotPath {
  readonly folder = versionsFolder();
  readonly #files: Record<HotSet, string>;
  readonly #today: Version;
  readonly #then: Version;

  /** @throws Error where the baseline cannot be had: a shallow clone may not reach back to it, and a downloaded archive has none */
  constructor() {
    try {
      const files = Object.entries(ROWS).map(([name, rows]) => [name, dataset(name as HotSet, this.folder, rows)]);
      this.#files = Object.fromEntries(files) as Record<HotSet, string>;
      this.#today = versionOfToday(this.folder);
      this.#then = versionAt(baseline().revision, this.folder);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Today's code over a data set, or over another file with one table. */
  today(data: HotSet, file = this.#files[data]): Promise<Side> {
    return sideOf(this.#today, file);
  }

  /** Compares a pass with the baseline's. */
  async compare({ data, pass }: Case): Promise<Comparison> {
    const found = await compare(pass, await this.today(data), await sideOf(this.#then, this.#files[data]), CLEAR);
    const [now, before] = found.rows;
    if (now !== before) throw new Error(`${data} ${pass}: ${now} rows, and ${before} by the baseline`);
    return found;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function sideOf({ entry, draft }: Version, file: string): Promise<Side> {
  const { catalog, mapping } = await draft(file);
  return { entry, input: { file, catalog, mapping: mapping.tables[0]! } };
}

/** Makes today's code, which has to be committed, the baseline. */
export function renew(why: string, ratios: Record<string, number>): void {
  const renewal = { revision: revisionOfToday(), date: new Date().toISOString().slice(0, 10), why, ratios };
  writeFileSync(RECORD, `${JSON.stringify([...renewals(), renewal], undefined, 2)}\n`);
}

export function renewals(): Renewal[] {
  return JSON.parse(readFileSync(RECORD, 'utf8')) as Renewal[];
}

function baseline(): Renewal {
  return renewals().at(-1)!;
}
