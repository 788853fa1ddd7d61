import { SqliftError } from '../../core/errors';
import type { RunWork } from '../feed-store';
import type { Neo4jClient, Query } from './connection';
import { closeGates, openGates } from './gate';
import { keepModel, missingConstraints, modelKept, modelOf } from './model';
import type { Model } from './model';
import { marksOf, quote } from './names';
import type { Marks } from './names';

/** Makes the constraints, which are the indexes that writing finds nodes by, and lets writers in. Repeatable. */
export async function prepareGraph(client: Neo4jClient, work: RunWork): Promise<void> {
  const { run, feeds, algorithms, images, beat, holdLive } = work;
  const marks = marksOf(run);
  const planned = modelOf(feeds, algorithms);
  await keepModel(images, { ...planned, constraints: await missingConstraints(client.run, planned) });
  // An earlier attempt may have kept another one: what it was about to make is what is undone.
  const model = await modelKept(images);
  const { nodes, constraints } = model;
  await holdLive();
  for (const [position, name] of constraints)
    await makeConstraint(client.run, name, nodes[position]!.labels[0]!, nodes[position]!.key);
  for (const [position, { key }] of nodes.entries())
    await makeConstraint(client.run, marks.constraint(position), marks.staged(position), key);
  beat();
  await client.run('CALL db.awaitIndexes(300)');
  await openGates(client, marks);
  try {
    await holdLive();
  } catch (error) {
    // Whoever has discarded the run meanwhile did not see what was made after it had looked.
    if (error instanceof SqliftError && error.code === 'RunDiscarded') {
      await closeGates(client, marks);
      await dropConstraints(client, model, marks);
    }
    throw error;
  }
}

/** Those that the run has made, for itself and for the labels. */
export async function dropConstraints(client: Neo4jClient, model: Model, marks: Marks): Promise<void> {
  await dropStagingConstraints(client, model, marks);
  for (const [, name] of model.constraints) await dropConstraint(client.run, name);
}

export async function dropStagingConstraints(client: Neo4jClient, { nodes }: Model, marks: Marks): Promise<void> {
  for (const position of nodes.keys()) await dropConstraint(client.run, marks.constraint(position));
}

async function makeConstraint(query: Query, name: string, label: string, key: readonly string[]): Promise<void> {
  const properties = key.map((property) => `n.${quote(property)}`).join(', ');
  await query(
    `CREATE CONSTRAINT ${quote(name)} IF NOT EXISTS FOR (n:${quote(label)}) REQUIRE (${properties}) IS UNIQUE`,
  );
}

async function dropConstraint(query: Query, name: string): Promise<void> {
  await query(`DROP CONSTRAINT ${quote(name)} IF EXISTS`);
}
