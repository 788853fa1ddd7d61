import { SqliftError } from '../../core/errors';
import type { Neo4jClient, Query } from './connection';
import type { Marks } from './names';
import { quote } from './names';

/**
 * Every writing transaction of a run locks a node that only the run knows. Undoing begins with deleting these nodes, which waits for the
 * transactions that hold them: so an attempt that comes back late finds none, and writes nothing.
 */
const GATES = 8;
/** Relationships lock both of their nodes, in the order of their rows: two transactions could wait for each other. All of them take this one. */
export const ONE_BY_ONE = 0;
let turn = 0;

export async function openGates(client: Neo4jClient, { gate }: Marks): Promise<void> {
  await client.write((query) =>
    query(`UNWIND $gates AS gate MERGE (g:${quote(gate)} {gate: gate}) SET g.passed = true`, {
      gates: Array.from({ length: GATES }, (_, i) => BigInt(i)),
    }),
  );
}

/** A transaction that writes for a run. `gate`: which it takes; another one each time when left out. @throws SqliftError RunDiscarded */
export async function throughGate<T>(
  client: Neo4jClient,
  marks: Marks,
  work: (query: Query) => Promise<T>,
  gate = 1 + (turn++ % (GATES - 1)),
): Promise<T> {
  return client.write(async (query) => {
    const found = await query(`MATCH (g:${quote(marks.gate)} {gate: $gate}) SET g.passed = true RETURN 1`, {
      gate: BigInt(gate),
    });
    if (found.length === 0) throw new SqliftError('RunDiscarded', 'the run takes no more writes in Neo4j');
    return work(query);
  });
}

/** Waits for whoever is writing. From then on nobody does. */
export async function closeGates(client: Neo4jClient, { gate }: Marks): Promise<void> {
  await client.write((query) => query(`MATCH (g:${quote(gate)}) DETACH DELETE g`));
}
