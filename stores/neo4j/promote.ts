import type { RunWork } from '../feed-store';
import type { Neo4jClient } from './connection';
import { closeGates, throughGate } from './gate';
import { modelKept, reach, reached } from './model';
import { marksOf, quote } from './names';
import type { Marks } from './names';
import { dropStagingConstraints } from './prepare';

/** Nodes of one transaction. */
const BATCH = 10_000;

/** Gives the nodes their own labels in place of the run's. Afterwards no mark of the run is left in the graph. */
export async function promoteGraph(client: Neo4jClient, work: RunWork): Promise<void> {
  const marks = marksOf(work.run);
  // An attempt may have ended between the two.
  if (await reached(work.images, 'promoted')) return await closeGates(client, marks);
  const model = await modelKept(work.images);
  await reach(work.images, 'promoting');
  for (const [position, { labels }] of model.nodes.entries()) {
    for (const [mark, label] of await labelledMarks(client, marks, position))
      await relabel(client, work, marks, mark, [label], [mark]);
    const staged = marks.staged(position);
    await relabel(client, work, marks, staged, labels, [staged, marks.made]);
  }
  await dropStagingConstraints(client, model, marks);
  await reach(work.images, 'promoted');
  await closeGates(client, marks);
}

async function relabel(
  client: Neo4jClient,
  work: RunWork,
  marks: Marks,
  mark: string,
  labels: readonly string[],
  marksGone: readonly string[],
): Promise<void> {
  const set = labels.map((label) => `:${quote(label)}`).join('');
  const remove = marksGone.map((label) => `:${quote(label)}`).join('');
  for (let changed = BATCH; changed === BATCH; work.beat()) {
    await work.holdLive();
    changed = await throughGate(client, marks, async (query) => {
      const [counted] = await query<{ n: bigint }>(
        `MATCH (n:${quote(mark)}) WITH n LIMIT ${BATCH} SET n${set} REMOVE n${remove} RETURN count(*) AS n`,
      );
      return Number(counted!.n);
    });
  }
}

/** Marks of nodes with a label of their row's own, and those labels. */
export async function labelledMarks(client: Neo4jClient, marks: Marks, position: number): Promise<[string, string][]> {
  const labels = await client.run<{ label: string }>('CALL db.labels() YIELD label');
  return labels.flatMap(({ label: mark }) => {
    const label = marks.labelOf(position, mark);
    return label === undefined ? [] : [[mark, label] as [string, string]];
  });
}
