import type { NodeEntry, RelationshipEntry } from '../../core/feeds/entry';
import { keyId } from '../../core/feeds/graph';
import { SqliftError } from '../../core/errors';
import type { FeedWork, RunWork } from '../feed-store';
import type { Neo4jClient } from './connection';
import { ONE_BY_ONE, throughGate } from './gate';
import type { Model, NodeModel, RelationshipModel } from './model';
import { keyPattern, marksOf, quote } from './names';
import { propertiesDigest } from './packed';
import type { Properties } from './packed';
import { findPage, keepPage, pageId } from './page';
import type { NodeItem, RelationshipItem } from './page';
import { storedKey, storedProperties } from './values';
import type { Stored } from './values';

interface Row {
  i: bigint;
  k: Stored[];
  p: Properties;
}

/**
 * Writes nodes. Those that are new carry marks of the run only; those that were there under the same key keep what the plan says nothing of.
 */
export async function writeNodes(
  client: Neo4jClient,
  work: FeedWork,
  model: Model,
  entries: readonly NodeEntry[],
): Promise<void> {
  const position = model.nodes.findIndex(({ feed }) => feed === work.feed.feed);
  const node = model.nodes[position]!;
  const marks = marksOf(work.run);
  const rows = entries.map(({ key, properties }, i) => ({
    i: BigInt(i),
    k: storedKey(key),
    p: storedProperties(properties),
  }));
  const labels = entries.map((entry) => entry.labels[node.labels.length]);
  const items = await nodeItems(client, work, node, rows, labels, pageId(keyId(entries[0]!.key), entries.length));
  const found = rows.filter((_, i) => items[i]!.before !== undefined).map((row) => withNulls(row, node.properties));
  const made = rows.filter((_, i) => items[i]!.before === undefined);
  const staged = quote(marks.staged(position));
  const own = keyPattern(node.key, 'row.k');
  await work.holdLive();
  await throughGate(client, marks, async (query) => {
    if (found.length > 0) {
      const written = await query<{ n: bigint }>(
        `UNWIND $rows AS row MATCH (n:${quote(node.labels[0]!)}${own}) SET n:${staged}, n += row.p RETURN count(*) AS n`,
        { rows: found },
      );
      expectAll(written, found.length);
    }
    if (made.length > 0)
      await query(`UNWIND $rows AS row MERGE (n:${staged}${own}) ON CREATE SET n:${quote(marks.made)} SET n += row.p`, {
        rows: made,
      });
    for (const [label, some] of groups(items.keys(), (i) => items[i]!.label)) {
      if (label === undefined) continue;
      await query(`UNWIND $rows AS row MATCH (n:${staged}${own}) SET n:${quote(marks.labelled(position, label))}`, {
        rows: some.map((i) => ({ k: rows[i]!.k })),
      });
    }
  });
}

/** What was there before, as an earlier attempt has kept it, or as it is now. */
async function nodeItems(
  client: Neo4jClient,
  { run, feed, images }: FeedWork,
  node: NodeModel,
  rows: readonly Row[],
  labels: readonly (string | undefined)[],
  id: string,
): Promise<NodeItem[]> {
  const page = await findPage(images, feed.feed, id);
  if (page !== undefined) return page.items as NodeItem[];
  const there = await client.run<{ i: bigint; properties: Properties; labels: string[] }>(
    `UNWIND $rows AS row MATCH (n:${quote(node.labels[0]!)}${keyPattern(node.key, 'row.k')}) WHERE NOT n:${quote(marksOf(run).made)}
     RETURN row.i AS i, properties(n) AS properties, labels(n) AS labels`,
    { rows: rows.map(({ i, k }) => ({ i, k })) },
  );
  const items: NodeItem[] = rows.map(({ k, p }, i) => ({
    key: k,
    after: propertiesDigest(p),
    ...(labels[i] !== undefined && { label: labels[i] }),
  }));
  for (const { i, ...before } of there) items[Number(i)]!.before = before;
  await keepPage(images, feed.feed, id, { kind: 'node', items });
  return items;
}

/** A relationship, as its statement takes it. */
interface RelationshipRow extends Row {
  f: Stored[];
  t: Stored[];
}

/** Writes relationships between nodes that are there. */
export async function writeRelationships(
  client: Neo4jClient,
  work: FeedWork,
  model: Model,
  entries: readonly RelationshipEntry[],
): Promise<void> {
  const relationship = model.relationships.find(({ feed }) => feed === work.feed.feed)!;
  const rows = entries.map(({ from, to, key, properties }, i) => ({
    i: BigInt(i),
    f: storedKey(from),
    t: storedKey(to),
    k: storedKey(key),
    p: storedProperties(properties),
  }));
  const { type, from, to, key } = entries[0]!;
  const first = [keyId(from), keyId(to), type, keyId(key)].join(' ');
  const types = entries.map((entry) => entry.type);
  await writeRows(client, work, model, relationship, rows, types, first);
}

/** `first` tells these rows from others of the same feed. */
export async function writeRows(
  client: Neo4jClient,
  work: RunWork,
  model: Model,
  relationship: RelationshipModel,
  rows: readonly RelationshipRow[],
  types: readonly string[],
  first: string,
): Promise<void> {
  const marks = marksOf(work.run);
  const items = await relationshipItems(client, work, model, relationship, rows, types, pageId(first, rows.length));
  const all = rows.map((row, i) => (items[i]!.before === undefined ? row : withNulls(row, relationship.properties)));
  const merge = keyPattern(relationship.key, 'row.k');
  await work.holdLive();
  await throughGate(
    client,
    marks,
    async (query) => {
      for (const [type, some] of groups(rows.keys(), (i) => types[i]!)) {
        const written = await query<{ n: bigint }>(
          `UNWIND $rows AS row ${matchEnds(work.run, model, relationship)}
           MERGE (a)-[r:${quote(type)}${merge}]->(b) SET r += row.p RETURN count(*) AS n`,
          { rows: some.map((i) => all[i]!) },
        );
        expectAll(written, some.length);
      }
    },
    ONE_BY_ONE,
  );
}

export function matchEnds(run: string, { nodes }: Model, { from, to }: Pick<RelationshipModel, 'from' | 'to'>): string {
  const marks = marksOf(run);
  const end = (name: string, position: number, values: string) =>
    `MATCH (${name}:${quote(marks.staged(position))}${keyPattern(nodes[position]!.key, values)})`;
  return `${end('a', from, 'row.f')} ${end('b', to, 'row.t')}`;
}

async function relationshipItems(
  client: Neo4jClient,
  { run, images }: RunWork,
  model: Model,
  relationship: RelationshipModel,
  rows: readonly RelationshipRow[],
  types: readonly string[],
  id: string,
): Promise<RelationshipItem[]> {
  const { feed } = relationship;
  const page = await findPage(images, feed, id);
  if (page !== undefined) return page.items as RelationshipItem[];
  const items: RelationshipItem[] = rows.map(({ f, t, k, p }, i) => ({
    type: types[i]!,
    from: f,
    to: t,
    key: k,
    after: propertiesDigest(p),
  }));
  // Between nodes of which one is new there was none.
  if ((await hasFound(client, run, relationship.from)) && (await hasFound(client, run, relationship.to))) {
    const made = quote(marksOf(run).made);
    for (const [name, some] of groups(rows.keys(), (i) => types[i]!)) {
      const there = await client.run<{ i: bigint; properties: Properties }>(
        `UNWIND $rows AS row ${matchEnds(run, model, relationship)}
         WITH row, a, b WHERE NOT a:${made} AND NOT b:${made}
         MATCH (a)-[r:${quote(name)}${keyPattern(relationship.key, 'row.k')}]->(b) RETURN row.i AS i, properties(r) AS properties`,
        { rows: some.map((i) => ({ i: rows[i]!.i, f: rows[i]!.f, t: rows[i]!.t, k: rows[i]!.k })) },
      );
      for (const { i, properties } of there) {
        const item = items[Number(i)]!;
        if (item.before !== undefined) throw ambiguous(feed, name);
        item.before = { properties };
      }
    }
  }
  await keepPage(images, feed, id, { kind: 'relationship', items });
  return items;
}

/** Answers of `hasFound`: nodes are all there before the first relationship is written. */
const answers = new WeakMap<Neo4jClient, Map<string, boolean>>();

/** Whether a feed has nodes that were there before the run. */
async function hasFound(client: Neo4jClient, run: string, position: number): Promise<boolean> {
  const marks = marksOf(run);
  const staged = marks.staged(position);
  const known = answers.get(client) ?? new Map<string, boolean>();
  answers.set(client, known);
  let answer = known.get(staged);
  if (answer === undefined) {
    const found = await client.run(`MATCH (n:${quote(staged)}) WHERE NOT n:${quote(marks.made)} RETURN 1 LIMIT 1`);
    answer = found.length > 0;
    known.set(staged, answer);
  }
  return answer;
}

function ambiguous(feed: string, type: string): SqliftError {
  return new SqliftError(
    'TargetMismatch',
    `${feed}: between two nodes that were there already there are several relationships ${type}; give it a key that tells them apart`,
    { table: feed, server: 'neo4j' },
  );
}

/** NULL in the source takes away what was there. */
function withNulls<T extends { p: Properties }>(row: T, properties: readonly string[]): T {
  const nulls = Object.fromEntries(properties.map((name) => [name, null]));
  return { ...row, p: { ...nulls, ...row.p } };
}

function expectAll([written]: { n: bigint }[], expected: number): void {
  if (written?.n !== BigInt(expected))
    throw new SqliftError('TargetMismatch', 'nodes in Neo4j are gone that were there when the run found or made them', {
      server: 'neo4j',
    });
}

export function groups<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const all = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = all.get(key);
    if (group === undefined) all.set(key, [item]);
    else group.push(item);
  }
  return all;
}
