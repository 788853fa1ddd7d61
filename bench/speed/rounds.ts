import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { BenchServers } from '../servers';
import { rotated } from '../statistics';
import { plural } from '../../core/evidence-text';
import { check, missing, wanted } from './check';
import type { Arrived } from './check';
import type { Contestant, PreparedSet } from './contestant';
import type { Figures } from './measure';

/** One run of one contestant. */
export interface Run {
  round: number;
  /** Absent when the run does not count. */
  figures?: Figures;
  /** What it left in the database, and why it does not count, if it does not. */
  arrived?: Arrived;
  invalid?: string;
}

export interface Outcome {
  contestant: string;
  runs: Run[];
}

/** Every contestant once a round, another one first each time, each into a fresh database. */
export async function runRounds(
  set: PreparedSet,
  contestants: readonly Contestant[],
  rounds: number,
  servers: BenchServers,
  say: (line: string) => void,
): Promise<Outcome[]> {
  const outcomes = new Map(contestants.map(({ name }) => [name, [] as Run[]]));
  for (let round = 0; round < rounds; round++) {
    for (const contestant of rotated(contestants, round)) {
      const run = await runOnce(set, contestant, round, servers);
      outcomes.get(contestant.name)!.push(run);
      const told = run.figures === undefined ? `does not count: ${run.invalid}` : `${run.figures.seconds.toFixed(2)} s`;
      say(`${set.name} ${round + 1}/${rounds} ${contestant.name}: ${told}`);
    }
  }
  return [...outcomes].map(([contestant, runs]) => ({ contestant, runs }));
}

async function runOnce(set: PreparedSet, contestant: Contestant, round: number, servers: BenchServers): Promise<Run> {
  const scratch = mkdtempSync(path.join(servers.home, 'run-'));
  try {
    return await servers.inDatabase(async (url): Promise<Run> => {
      const arena = { set, url, scratch, servers };
      let figures: Figures;
      try {
        await contestant.prepare?.(arena);
        await servers.settle();
        figures = await contestant.run(arena);
      } catch (error) {
        return { round, invalid: (error as Error).message };
      }
      const arrived = await check(set, url);
      const invalid = whyInvalid(set, contestant, arrived);
      return { round, arrived, ...(invalid === undefined ? { figures } : { invalid }) };
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function whyInvalid(set: PreparedSet, { keys }: Contestant, { wrong, built }: Arrived): string | undefined {
  if (wrong.length > 0) return `${plural(wrong.length, 'table')} with other rows: ${wrong.slice(0, 3).join(', ')}`;
  const lacks = missing(wanted(set), built);
  return keys && lacks.length > 0 ? `it built ${lacks.join(', ')}` : undefined;
}
