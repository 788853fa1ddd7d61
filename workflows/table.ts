import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ImportResult } from '../activities/import';
import { pauseSignal, resumeSignal } from './messages';
import { activitiesOf } from './options';
import { inParallel } from './parallel';

export interface TableInput {
  run: string;
  source: string;
  table: string;
  chunks: number;
  /** Where an earlier history of the same table stopped. Not for callers. */
  resume?: { next: number; total: ImportResult; paused: boolean };
}

/** Chunks per activity: at 8 MiB a chunk, some tenths of a second to a second of work. */
export const BATCH = 8;
/** Batches of one table under way at once. */
const IN_FLIGHT = 2;

/** Imports one large table: its chunks in batches, then its keys, indexes and statistics. */
export async function tableWorkflow(input: TableInput): Promise<ImportResult> {
  const { run, source, table, chunks } = input;
  let paused = input.resume?.paused ?? false;
  setHandler(pauseSignal, () => void (paused = true), { description: 'Start no further batch' });
  setHandler(resumeSignal, () => void (paused = false), { description: 'Go on after a pause' });

  const total: ImportResult = { ...(input.resume?.total ?? { rows: 0, quarantined: 0, bytes: 0 }) };
  const first = input.resume?.next ?? 0;
  const batches = Array.from({ length: Math.ceil((chunks - first) / BATCH) }, (_, number) => first + number * BATCH);
  let next = chunks;
  await inParallel(batches, IN_FLIGHT, async (from) => {
    await condition(() => !paused);
    if (workflowInfo().continueAsNewSuggested) {
      next = Math.min(next, from);
      return;
    }
    const to = Math.min(chunks, from + BATCH);
    const summary = `COPY ${table}, chunks ${from + 1} to ${to} of ${chunks}`;
    const result = await activitiesOf('chunk', summary).importChunks({ run, source, table, from, to });
    total.rows += result.rows;
    total.quarantined += result.quarantined;
    total.bytes += result.bytes;
  });
  if (next < chunks) return await continueAsNew<typeof tableWorkflow>({ ...input, resume: { next, total, paused } });
  await activitiesOf('bulk', `keys and indexes of ${table}`).finishTable({ run, source, table });
  return total;
}
