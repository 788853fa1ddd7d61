import { RowDigest, RowHash } from '../../core/digest';
import type { FeedColumn, NodeFeed, RelationshipFeed } from '../../core/feeds/feed';
import { graphFields } from '../../core/feeds/graph';
import { listed } from '../../core/feeds/columns';
import type { Meaning, SourceValue } from '../../core/meaning/meaning';
import type { FeedDifference, FeedWork, Verified } from '../feed-store';
import type { Neo4jClient } from './connection';
import { print, propertyMeaning } from './meaning';
import type { PropertyMeaning } from './meaning';
import type { Model } from './model';
import { keyPattern, marksOf, quote } from './names';
import type { Properties } from './packed';
import { labelledMarks } from './promote';
import { groups } from './write';

/** Entries that are asked for at once. */
const BATCH = 2_000;

type Rows = AsyncIterable<readonly SourceValue[]>;
type Differs = (difference: FeedDifference) => void;

/** A property of the feed: where its cell stands in a row, and what it means. */
interface Field {
  name: string;
  at: number;
  meaning: PropertyMeaning;
}

/** An entry that the source says there is. */
interface Wanted {
  key: string;
  meanings: Meaning[];
  cells: SourceValue[];
}

/** What nodes and relationships are compared by. */
class Comparison {
  readonly digest = new RowDigest();
  readonly fields: Field[];
  readonly keyNames: string[];
  readonly #names: ReadonlySet<string>;
  readonly #hash = new RowHash();

  constructor(
    private readonly columns: readonly FeedColumn[],
    feed: NodeFeed | RelationshipFeed,
    private readonly differs: Differs,
    private readonly algorithms: readonly string[] = [],
  ) {
    const { fields, key } = graphFields(feed);
    this.fields = fields.map(({ name, column, list }) => ({ name, ...this.column(column, list) }));
    this.keyNames = key.map(({ name }) => name);
    this.#names = new Set(fields.map(({ name }) => name));
  }

  column(column: string, list = false): { at: number; meaning: PropertyMeaning } {
    const at = this.columns.findIndex(({ source }) => source === column);
    return { at, meaning: propertyMeaning(this.columns[at]!, list) };
  }

  wanted(cells: readonly SourceValue[], key: string): Wanted {
    return {
      key,
      meanings: this.fields.map(({ at, meaning }) => meaning.ofSource(cells[at]!)),
      cells: this.fields.map(({ at }) => cells[at]!),
    };
  }

  /** Compares what was found with what was wanted. `alone`: nobody else has given it properties. */
  compare({ key, meanings, cells }: Wanted, identity: readonly Meaning[], found: Properties, alone: boolean): void {
    const hashed: Meaning[] = [...identity];
    for (const [i, { name, meaning }] of this.fields.entries()) {
      const value = Object.hasOwn(found, name) ? found[name] : null;
      const means = meaning.ofFound(value);
      hashed.push(name, means);
      if (means !== meanings[i])
        this.differs({ kind: 'property', key, column: name, expected: print(cells[i]), found: print(value) });
    }
    if (alone)
      for (const name of Object.keys(found))
        if (!this.#names.has(name) && !this.algorithms.includes(name))
          this.differs({ kind: 'property', key, column: name, expected: 'NULL', found: print(found[name]) });
    this.#hash.of(hashed);
    this.digest.add(this.#hash);
  }
}

/** Reads every node of a feed back. */
export async function verifyNodes(
  client: Neo4jClient,
  work: FeedWork,
  feed: NodeFeed,
  model: Model,
  rows: Rows,
  differs: Differs,
): Promise<Verified> {
  const position = model.nodes.findIndex((node) => node.feed === feed.feed);
  const node = model.nodes[position]!;
  const marks = marksOf(work.run);
  const { columns, planned } = feed;
  const comparison = new Comparison(columns, feed, differs, node.algorithms);
  const key = listed(planned.key).map((column) => comparison.column(column));
  const further = planned.labelColumn === undefined ? undefined : comparison.column(planned.labelColumn);
  const label = work.promoted ? node.labels[0]! : marks.staged(position);
  let entries = 0;
  for await (const some of batches(rows)) {
    const wanted = some.map((cells) => ({
      ...comparison.wanted(cells, printKey(key.map(({ at }) => cells[at]!))),
      k: key.map(({ at, meaning }) => meaning.toFind(meaning.ofSource(cells[at]!) ?? '')),
      label:
        further === undefined ? null : labelText(further.meaning.ofSource(cells[further.at]!), columns[further.at]!),
    }));
    const found = await client.run<{ i: bigint; properties: Properties; labels: string[] }>(
      `UNWIND $rows AS row MATCH (n:${quote(label)}${keyPattern(node.key, 'row.k')})
       RETURN row.i AS i, properties(n) AS properties, labels(n) AS labels`,
      { rows: wanted.map(({ k }, i) => ({ i: BigInt(i), k })) },
    );
    const byRow = groups(found, ({ i }) => Number(i));
    for (const [i, one] of wanted.entries()) {
      const [first, ...more] = byRow.get(i) ?? [];
      if (first === undefined) {
        differs({ kind: 'missing entry', key: one.key });
        continue;
      }
      for (const _ of more) differs({ kind: 'extra entry', key: one.key });
      const { labels, properties } = first;
      const made = labels.includes(marks.made);
      const own = [...new Set([...node.labels, ...(one.label === null ? [] : [one.label])])];
      const standsFor = (name: string) => {
        if (work.promoted) return name;
        return node.labels.includes(name) ? marks.staged(position) : marks.labelled(position, name);
      };
      const expected = [...new Set(own.map(standsFor))];
      const missing = expected.filter((name) => !labels.includes(name));
      const tooMany = made ? labels.filter((name) => name !== marks.made && !expected.includes(name)) : [];
      if (missing.length > 0 || tooMany.length > 0)
        differs({
          kind: 'property',
          key: one.key,
          column: 'labels',
          expected: print(expected),
          found: print(labels),
        });
      entries += 1;
      const identity = own.filter((name) => labels.includes(standsFor(name))).toSorted();
      comparison.compare(one, [one.key, ...identity], properties, made);
    }
    work.beat(entries);
  }
  if (!work.promoted) {
    const [counted] = await client.run<{ n: bigint }>(`MATCH (n:${quote(label)}) RETURN count(n) AS n`);
    extra(Number(counted!.n) - entries, differs);
    const known = new Set(await labelledMarks(client, marks, position).then((all) => all.map(([mark]) => mark)));
    if (!node.byLabelColumn && known.size > 0) extra(known.size, differs);
  }
  return { entries, digest: comparison.digest.hex };
}

/** Reads every relationship of a feed back. */
export async function verifyRelationships(
  client: Neo4jClient,
  work: FeedWork,
  feed: RelationshipFeed,
  model: Model,
  rows: Rows,
  differs: Differs,
): Promise<Verified> {
  const relationship = model.relationships.find((one) => one.feed === feed.feed)!;
  const marks = marksOf(work.run);
  const { columns, planned } = feed;
  const comparison = new Comparison(columns, feed, differs);
  const fields = (names: string | readonly string[]) => listed(names).map((column) => comparison.column(column));
  const [from, to, key] = [fields(planned.from.columns), fields(planned.to.columns), fields(planned.key ?? [])];
  const typed = planned.typeColumn === undefined ? undefined : comparison.column(planned.typeColumn);
  const own = planned.type ?? feed.name;
  const find = (some: typeof from, cells: readonly SourceValue[]) =>
    some.map(({ at, meaning }) => meaning.toFind(meaning.ofSource(cells[at]!) ?? ''));
  const end = (name: string, position: number, values: string) => {
    const { key: properties, labels } = model.nodes[position]!;
    const label = work.promoted ? labels[0]! : marks.staged(position);
    return `MATCH (${name}:${quote(label)}${keyPattern(properties, values)})`;
  };
  const made = quote(marks.made);
  const counts = new Map<string, number>();
  let entries = 0;
  for await (const all of batches(rows)) {
    const some = all.filter((cells) =>
      [...from, ...to].every(({ at, meaning }) => meaning.ofSource(cells[at]!) !== null),
    );
    const wanted = some.map((cells) => {
      const more = typed === undefined ? null : labelText(typed.meaning.ofSource(cells[typed.at]!), columns[typed.at]!);
      const ends = [...from, ...to, ...key].map(({ at }) => cells[at]!);
      return {
        ...comparison.wanted(cells, printKey(ends)),
        type: more ?? own,
        f: find(from, cells),
        t: find(to, cells),
        k: find(key, cells),
      };
    });
    for (const [type, ofType] of groups(wanted, (one) => one.type)) {
      const found = await client.run<{ i: bigint; properties: Properties; made: boolean }>(
        `UNWIND $rows AS row ${end('a', relationship.from, 'row.f')} ${end('b', relationship.to, 'row.t')}
         MATCH (a)-[r:${quote(type)}${keyPattern(relationship.key, 'row.k')}]->(b)
         RETURN row.i AS i, properties(r) AS properties, a:${made} OR b:${made} AS made`,
        { rows: ofType.map(({ f, t, k }, i) => ({ i: BigInt(i), f, t, k })) },
      );
      const byRow = groups(found, ({ i }) => Number(i));
      for (const [i, one] of ofType.entries()) {
        const [first, ...more] = byRow.get(i) ?? [];
        if (first === undefined) {
          differs({ kind: 'missing entry', key: one.key });
          continue;
        }
        for (const _ of more) differs({ kind: 'extra entry', key: one.key });
        entries += 1;
        if (first.made) counts.set(type, (counts.get(type) ?? 0) + 1 + more.length);
        comparison.compare(one, [type, one.key], first.properties, first.made);
      }
    }
    work.beat(entries);
  }
  if (!work.promoted) await findExtra(client, work, model, relationship, counts, differs);
  return { entries, digest: comparison.digest.hex };
}

/** Relationships at nodes that the run made, of the feed's types, which no row asks for. Where other feeds make the same, they cannot be told apart. */
async function findExtra(
  client: Neo4jClient,
  { run }: FeedWork,
  { nodes, relationships }: Model,
  { feed, from, to, type }: Model['relationships'][number],
  counts: ReadonlyMap<string, number>,
  differs: Differs,
): Promise<void> {
  const label = (position: number) => nodes[position]!.labels[0];
  const alike = relationships.some(
    (other) =>
      other.feed !== feed &&
      label(other.from) === label(from) &&
      label(other.to) === label(to) &&
      (other.type === undefined || type === undefined || other.type === type),
  );
  if (alike) return;
  const marks = marksOf(run);
  for (const [name, wanted] of type === undefined ? counts : new Map([[type, counts.get(type) ?? 0]])) {
    const [counted] = await client.run<{ n: bigint }>(
      `MATCH (a:${quote(marks.staged(from))})-[r:${quote(name)}]->(b:${quote(marks.staged(to))})
       WHERE a:${quote(marks.made)} OR b:${quote(marks.made)} RETURN count(r) AS n`,
    );
    extra(Number(counted!.n) - wanted, differs);
  }
}

function extra(count: number, differs: Differs): void {
  if (count > 0) differs({ kind: 'count', expected: '0 more than the source has', found: `${count} more` });
}

/** Text of a label or type, by what its cell means: a text, or what PostgreSQL prints. */
function labelText(meaning: Meaning, { type }: FeedColumn): string | null {
  if (meaning === null) return null;
  return type === undefined ? meaning.slice(1) : meaning;
}

function printKey(cells: readonly SourceValue[]): string {
  return cells.map(print).join(', ');
}

async function* batches(rows: Rows): AsyncGenerator<SourceValue[][], void> {
  let batch: SourceValue[][] = [];
  for await (const row of rows) {
    batch.push([...row]);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
