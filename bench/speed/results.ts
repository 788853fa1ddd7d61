import { ratioByRound, spread } from '../statistics';
import type { Spread } from '../statistics';
import { missing } from './check';
import type { Built } from './check';
import type { Contestant } from './contestant';
import type { Figures } from './measure';
import type { Outcome } from './rounds';

/** What is to be known of a contestant to read its figures. */
export type Entrant = Pick<Contestant, 'name' | 'kind' | 'title' | 'against' | 'without'>;

/** Everything that was measured, as `--json` writes it. */
export interface Results {
  date: string;
  machine: {
    processors: number;
    model: string;
    memoryGib: number;
    system: string;
    node: string;
    load: { before: number; after: number };
  };
  postgres: { version: string; settings: Readonly<Record<string, string>> };
  contestants: readonly (Entrant & { version: string })[];
  sets: SetResults[];
}

export interface SetResults {
  name: string;
  rows: number;
  tables: number;
  /** Of the SQLite file. */
  bytes: number;
  wanted: Built;
  outcomes: Outcome[];
}

/** What one contestant comes to with one data set. */
export interface Line {
  name: string;
  kind: Contestant['kind'];
  title: string;
  /** Runs that count, and all. */
  counted: number;
  runs: number;
  seconds?: Spread;
  cpuSeconds?: Spread;
  peakMib?: Spread;
  /** How many times as long as what it is measured by. */
  against?: { name: string; ratio: number };
  /** How many times as long these took. */
  slower: { pgloader?: number; duckdb?: number };
  /** Medians of the parts. */
  phases: Record<string, number>;
  /** What it did not do. */
  without: readonly string[];
  /** What the database says of that: keys that are not there, columns of other types. */
  found: string[];
  /** Why runs of it do not count. */
  invalid: string[];
}

export function linesOf(contestants: readonly Entrant[], set: SetResults): Line[] {
  const times = new Map(
    set.outcomes.map(({ contestant, runs }) => [contestant, runs.map(({ figures }) => figures?.seconds)] as const),
  );
  const ratio = (of: string, to: string) => ratioByRound(times.get(of) ?? [], times.get(to) ?? []);
  return set.outcomes.flatMap(({ contestant: name, runs }): Line[] => {
    const contestant = contestants.find((candidate) => candidate.name === name);
    if (contestant === undefined) return [];
    const figures = runs.flatMap((run) => run.figures ?? []);
    const against = contestant.against === undefined ? undefined : ratio(name, contestant.against);
    const slowerBy = (peer: string) => (peer === name ? undefined : ratio(peer, name));
    return [
      {
        name,
        kind: contestant.kind,
        title: contestant.title,
        counted: figures.length,
        runs: runs.length,
        ...ifKnown('seconds', spread(figures.map(({ seconds }) => seconds))),
        ...ifKnown('cpuSeconds', spread(figures.flatMap(({ cpuSeconds }) => cpuSeconds ?? []))),
        ...ifKnown('peakMib', spread(figures.flatMap(({ peakMib }) => peakMib ?? []))),
        ...ifKnown('against', against === undefined ? undefined : { name: contestant.against!, ratio: against }),
        slower: { ...ifKnown('pgloader', slowerBy('pgloader')), ...ifKnown('duckdb', slowerBy('duckdb')) },
        phases: phasesOf(figures),
        without: contestant.without,
        found: foundOf(set, runs),
        invalid: [...new Set(runs.flatMap(({ invalid }) => invalid ?? []))],
      },
    ];
  });
}

function phasesOf(figures: readonly Figures[]): Record<string, number> {
  const names = new Set(figures.flatMap(({ phases = {} }) => Object.keys(phases)));
  return Object.fromEntries(
    [...names].map((name) => [name, spread(figures.flatMap(({ phases }) => phases?.[name] ?? []))!.median]),
  );
}

const SHOWN = 4;

/** Of the last run. */
function foundOf({ wanted }: SetResults, runs: Outcome['runs']): string[] {
  const arrived = runs.findLast((run) => run.arrived !== undefined)?.arrived;
  if (arrived === undefined) return [];
  const { types } = arrived;
  const more = types.length > SHOWN ? [`${types.length - SHOWN} more columns of other types`] : [];
  return [...missing(wanted, arrived.built), ...types.slice(0, SHOWN), ...more];
}

function ifKnown<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
