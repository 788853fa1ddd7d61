import type { FeedDifference, RunWork } from '../feed-store';
import { verifyAlgorithms } from './algorithms';
import type { Neo4jClient } from './connection';
import { isOn, modelOf, uniqueConstraints } from './model';
import { marksOf, quote } from './names';

/** That keys are kept unique, and that what the run made is attached to nothing but the run's nodes. */
export async function verifyWhole(
  client: Neo4jClient,
  work: RunWork,
  differs: (difference: FeedDifference) => void,
): Promise<void> {
  const { run, promoted } = work;
  const model = modelOf(work.feeds, work.algorithms);
  const { nodes } = model;
  const constraints = await uniqueConstraints(client.run);
  for (const node of nodes)
    if (!constraints.some((schema) => isOn(schema, node)))
      differs({
        kind: 'constraint',
        key: `${node.labels[0]} (${node.key.join(', ')})`,
        expected: 'unique',
        found: 'no constraint',
      });
  if (promoted) return;
  const marks = marksOf(run);
  const known = nodes.map((_, position) => `m:${quote(marks.staged(position))}`).join(' OR ');
  const [orphans] = await client.run<{ n: bigint }>(
    `MATCH (n:${quote(marks.made)})-[r]-(m) WHERE NOT (${known}) RETURN count(r) AS n`,
  );
  if (orphans!.n > 0n)
    differs({ kind: 'orphan', expected: '0 relationships to other nodes', found: `${orphans!.n} relationships` });
  await verifyAlgorithms(client, work, model, differs);
}
