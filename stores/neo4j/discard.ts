import { SqliftError } from '../../core/errors';
import type { Conflict, DiscardWork } from '../feed-store';
import type { Neo4jClient, Query } from './connection';
import { reached, readModel } from './model';
import type { Model, NodeModel, RelationshipModel } from './model';
import { keyPattern, marksOf, quote } from './names';
import type { Marks } from './names';
import { propertiesDigest } from './packed';
import type { Properties } from './packed';
import { readPages } from './page';
import type { NodeItem, RelationshipItem } from './page';
import { dropConstraints } from './prepare';
import { labelledMarks } from './promote';
import { groups } from './write';

const NODE_CHANGED: Conflict['what'] = ['node was changed', 'nodes were changed'];
const RELATIONSHIP_CHANGED: Conflict['what'] = ['relationship was changed', 'relationships were changed'];
const NODE_GONE: Conflict['what'] = ['node that it had found was removed', 'nodes that it had found were removed'];
const RELATIONSHIP_GONE: Conflict['what'] = [
  'relationship that it had found was removed',
  'relationships that it had found were removed',
];
const ATTACHED: Conflict['what'] = [
  'relationship was attached to its nodes',
  'relationships were attached to its nodes',
];

/** What taking a run's graph back would destroy of what others have done. */
export async function findGraphConflicts(
  client: Neo4jClient,
  work: DiscardWork,
  found: (conflict: Conflict) => void,
): Promise<void> {
  const model = await readModel(work.images);
  if (model === undefined) return;
  await new Undo(client, work, model, await reached(work.images, 'promoting')).findConflicts(found);
}

/** Takes a run's graph back, once its gates are closed and nobody's changes are in the way. */
export async function discardGraph(client: Neo4jClient, work: DiscardWork): Promise<void> {
  const model = await readModel(work.images);
  if (model === undefined) return;
  const undo = new Undo(client, work, model, await reached(work.images, 'promoting'));
  await undo.relationships();
  await undo.nodes();
  await dropConstraints(client, model, marksOf(work.run));
}

/** `i`: which of its page. */
interface Found {
  i: bigint;
  properties: Properties;
}

interface FoundNode extends Found {
  id: string;
  degree: bigint;
}

interface FoundRelationship extends Found {
  from: string;
  to: string;
}

class Undo {
  readonly #marks: Marks;

  constructor(
    private readonly client: Neo4jClient,
    private readonly work: DiscardWork,
    private readonly model: Model,
    /** Whether nodes may have their own labels already. */
    private readonly visible: boolean,
  ) {
    this.#marks = marksOf(work.run);
  }

  async findConflicts(found: (conflict: Conflict) => void): Promise<void> {
    const { images, beat } = this.work;
    // Nodes that the run made, with how many relationships they have that are none of its own.
    const degrees = new Map<string, bigint>();
    for (const [position, node] of this.model.nodes.entries()) {
      for await (const { items } of readPages<NodeItem>(images, node.feed)) {
        const there = await this.#findNodes(this.client.run, position, items);
        for (const { i, id, properties, degree } of there) {
          const item = items[Number(i)]!;
          if (item.before === undefined) degrees.set(id, degree);
          if (isChanged(node, item, properties))
            found({ what: NODE_CHANGED, entry: this.#nodeName(position, item.key) });
        }
        for (const { key } of goneOf(items, there)) found({ what: NODE_GONE, entry: this.#nodeName(position, key) });
        beat();
      }
    }
    for (const relationship of this.model.relationships) {
      for await (const { items } of readPages<RelationshipItem>(images, relationship.feed)) {
        const there = await this.#findRelationships(this.client.run, relationship, items);
        for (const { i, from, to, properties } of there) {
          for (const end of new Set([from, to])) if (degrees.has(end)) degrees.set(end, degrees.get(end)! - 1n);
          const item = items[Number(i)]!;
          if (isChanged(relationship, item, properties))
            found({ what: RELATIONSHIP_CHANGED, entry: this.#relationshipName(relationship, item) });
        }
        for (const item of goneOf(items, there))
          found({ what: RELATIONSHIP_GONE, entry: this.#relationshipName(relationship, item) });
        beat();
      }
    }
    for (const [id, attached] of degrees)
      for (let i = 0n; i < attached; i++) found({ what: ATTACHED, entry: `a node with elementId ${id}` });
  }

  /** As people write it. */
  #nodeName(position: number, key: readonly unknown[]): string {
    const node = this.model.nodes[position]!;
    return `(:${node.labels[0]!} {${node.key.map((name, i) => `${name}: ${String(key[i])}`).join(', ')}})`;
  }

  #relationshipName({ from, to }: RelationshipModel, item: RelationshipItem): string {
    return `${this.#nodeName(from, item.from)}-[:${item.type}]->${this.#nodeName(to, item.to)}`;
  }

  async relationships(): Promise<void> {
    for (const relationship of this.model.relationships) {
      for await (const { id, items } of readPages<RelationshipItem>(this.work.images, relationship.feed)) {
        const indexes = [...items.keys()];
        const gone = indexes.filter((i) => items[i]!.before === undefined);
        const back = indexes.filter((i) => items[i]!.before !== undefined);
        await this.client.write(async (query) => {
          this.#holdUnchanged(relationship, items, await this.#findRelationships(query, relationship, items, 'locked'));
          await this.#withRelationships(query, relationship, items, gone, 'DELETE r');
          await this.#withRelationships(query, relationship, items, back, 'SET r += row.p');
        });
        await this.work.images.undone(relationship.feed, [id]);
        this.work.beat(items.length);
      }
    }
  }

  async nodes(): Promise<void> {
    const { force, images, beat } = this.work;
    // The last first: a node that was there may be one of several feeds.
    for (const [position, node] of [...this.model.nodes.entries()].reverse()) {
      const labelled = await labelledMarks(this.client, this.#marks, position);
      const marks = [this.#marks.made, this.#marks.staged(position), ...labelled.map(([mark]) => mark)];
      for await (const { id: page, items } of readPages<NodeItem>(images, node.feed)) {
        await this.client.write(async (query) => {
          const found = await this.#findNodes(query, position, items, 'locked');
          this.#holdUnchanged(node, items, found);
          this.#holdUnattached(found);
          const gone = found.filter(({ i }) => items[Number(i)]!.before === undefined).map(({ id }) => id);
          const back = found.flatMap(({ i, id }) => {
            const { before, label } = items[Number(i)]!;
            if (before === undefined) return [];
            const added = [...marks, ...node.labels, ...(label === undefined ? [] : [label])];
            const labels = added.filter((name) => !before.labels.includes(name));
            return [{ id, labels, p: restored([...node.properties, ...node.algorithms], before.properties) }];
          });
          if (gone.length > 0)
            await query(
              `UNWIND $gone AS id MATCH (n) WHERE elementId(n) = id ${force ? 'DETACH DELETE' : 'DELETE'} n`,
              { gone },
            );
          for (const some of groups(back, ({ labels }) => labels.join('\0')).values()) {
            const labels = some[0]!.labels.map((label) => `:${quote(label)}`).join('');
            await query(`UNWIND $some AS row MATCH (n) WHERE elementId(n) = row.id SET n += row.p REMOVE n${labels}`, {
              some,
            });
          }
        });
        await images.undone(node.feed, [page]);
        beat(items.length);
      }
    }
  }

  /** What was looked at before may have changed since: now it is locked. @throws SqliftError RollbackConflict */
  #holdUnchanged(
    planned: NodeModel | RelationshipModel,
    items: readonly (NodeItem | RelationshipItem)[],
    found: readonly Found[],
  ): void {
    if (this.work.force) return;
    const changed = found.filter(({ i, properties }) => isChanged(planned, items[Number(i)]!, properties)).length;
    if (changed === 0) return;
    const what = `${changed} of its nodes and relationships were changed while it was being taken back`;
    throw new SqliftError('RollbackConflict', `${what} in Neo4j`, { server: 'neo4j' });
  }

  /** Those of the run are gone by now: what a node that it made still has is of others. @throws SqliftError RollbackConflict */
  #holdUnattached(found: readonly FoundNode[]): void {
    if (this.work.force || found.every(({ degree }) => degree === 0n)) return;
    const message = 'relationships were attached to its nodes while it was being taken back in Neo4j';
    throw new SqliftError('RollbackConflict', message, { server: 'neo4j' });
  }

  /** The nodes of a page that are there. `locked`: nobody else changes them while the transaction lasts. */
  async #findNodes(
    query: Query,
    position: number,
    items: readonly NodeItem[],
    locked?: 'locked',
  ): Promise<FoundNode[]> {
    return query<FoundNode>(
      `UNWIND $rows AS row ${this.#matchNode('n', position, 'row.k', 'row.made')} ${locked === undefined ? '' : lock('n')}
       RETURN row.i AS i, elementId(n) AS id, properties(n) AS properties, CASE WHEN row.made THEN COUNT { (n)--() } ELSE 0 END AS degree`,
      { rows: items.map(({ key, before }, i) => ({ i: BigInt(i), k: key, made: before === undefined })) },
    );
  }

  async #findRelationships(
    query: Query,
    relationship: RelationshipModel,
    items: readonly RelationshipItem[],
    locked?: 'locked',
  ): Promise<FoundRelationship[]> {
    return this.#withRelationships<FoundRelationship>(
      query,
      relationship,
      items,
      [...items.keys()],
      `${locked === undefined ? '' : lock('r')} RETURN row.i AS i, elementId(a) AS from, elementId(b) AS to, properties(r) AS properties`,
    );
  }

  /** Does something with each of these relationships that is there: `row.p` is what it had before. */
  async #withRelationships<T extends object>(
    query: Query,
    { from, to, key, properties }: RelationshipModel,
    items: readonly RelationshipItem[],
    indexes: readonly number[],
    action: string,
  ): Promise<T[]> {
    const found: T[] = [];
    for (const [type, some] of groups(indexes, (i) => items[i]!.type)) {
      const rows = some.map((i) => {
        const { before, ...item } = items[i]!;
        const p = before === undefined ? {} : restored(properties, before.properties);
        return { i: BigInt(i), f: item.from, t: item.to, k: item.key, p };
      });
      const ends = `${this.#matchNode('a', from, 'row.f', 'false')} ${this.#matchNode('b', to, 'row.t', 'false', 'row, a')}`;
      const match = `MATCH (a)-[r:${quote(type)}${keyPattern(key, 'row.k')}]->(b)`;
      found.push(...(await query<T>(`UNWIND $rows AS row ${ends} ${match} ${action}`, { rows })));
    }
    return found;
  }

  /** A node by its key: with the run's mark, or with its own label – unless the run made it and has not published it. */
  #matchNode(name: string, position: number, values: string, made: string, also = 'row'): string {
    const node = this.model.nodes[position]!;
    const pattern = keyPattern(node.key, values);
    const staged = `OPTIONAL MATCH (${name}Staged:${quote(this.#marks.staged(position))}${pattern})`;
    const own = `OPTIONAL MATCH (${name}Own:${quote(node.labels[0]!)}${pattern}) WHERE ${name}Staged IS NULL AND (${this.visible} OR NOT ${made})`;
    return `${staged} ${own} WITH ${also}, coalesce(${name}Staged, ${name}Own) AS ${name} WHERE ${name} IS NOT NULL`;
  }
}

/** Cypher locks what a property is written to that depends on itself, also where it is not there. Of other people's, it stays what it is. */
const lock = (name: string): string => `SET ${name}.gate = ${name}.gate`;

/** Neither as the run has left it nor as it was before. What algorithms wrote does not count. */
function isChanged(
  planned: NodeModel | RelationshipModel,
  { after, before }: NodeItem | RelationshipItem,
  now: Properties,
): boolean {
  const algorithms = 'algorithms' in planned ? planned.algorithms : [];
  // Of what was there already, the run undoes only what it wrote.
  const counts = (name: string) =>
    planned.properties.includes(name) || (before === undefined && !algorithms.includes(name));
  const digest = propertiesDigest(now, counts);
  return digest !== after && (before === undefined || digest !== propertiesDigest(before.properties, counts));
}

/** Those that were there before the run and are no more. */
function goneOf<Item extends NodeItem | RelationshipItem>(items: readonly Item[], found: readonly Found[]): Item[] {
  const there = new Set(found.map(({ i }) => Number(i)));
  return items.filter(({ before }, i) => before !== undefined && !there.has(i));
}

/** Properties as they were: null where there was none. */
function restored(names: readonly string[], before: Properties): Properties {
  return Object.fromEntries(names.map((name) => [name, before[name] ?? null]));
}
