import type { Algorithm, Feed, NodeFeed, RelationshipFeed } from '../../core/feeds/feed';
import { graphFields } from '../../core/feeds/graph';
import { SqliftError } from '../../core/errors';
import type { BeforeImages } from '../feed-store';
import type { Query } from './connection';
import { fromImage, toImage } from './packed';

/** A run's graph, as far as its writing and undoing need to know it. Kept in the ledger before anything is made. */
export interface Model {
  nodes: NodeModel[];
  relationships: RelationshipModel[];
  /** Names of the constraints that the run makes, with the position of their nodes. */
  constraints: [position: number, name: string][];
}

export interface NodeModel {
  feed: string;
  /** Its own label, then its further ones. */
  labels: string[];
  /** Properties of its key. */
  key: string[];
  properties: string[];
  byLabelColumn: boolean;
  /** Properties that algorithms write on them. */
  algorithms: string[];
}

export interface RelationshipModel {
  feed: string;
  /** Positions among the nodes. */
  from: number;
  to: number;
  key: string[];
  properties: string[];
  /** Undefined where each row has its own. */
  type?: string;
}

const SCOPE = 'model';

export function modelOf(feeds: readonly Feed[], algorithms: readonly Algorithm[]): Model {
  const nodes = feeds.filter((feed): feed is NodeFeed => feed.kind === 'node');
  const position = (label: string) => nodes.findIndex(({ name }) => name === label);
  const names = (feed: NodeFeed | RelationshipFeed) => {
    const { fields, key } = graphFields(feed);
    return { key: key.map(({ name }) => name), properties: fields.map(({ name }) => name) };
  };
  return {
    nodes: nodes.map((feed) => ({
      feed: feed.feed,
      labels: [...new Set([feed.name, ...(feed.planned.labels ?? [])])],
      byLabelColumn: feed.planned.labelColumn !== undefined,
      algorithms: algorithms
        .filter(({ algorithm, nodes: taking }) => algorithm !== 'nodeSimilarity' && taking.includes(feed.name))
        .map(({ name }) => name),
      ...names(feed),
    })),
    relationships: [
      ...feeds
        .filter((feed): feed is RelationshipFeed => feed.kind === 'relationship')
        .map((feed) => ({
          feed: feed.feed,
          from: position(feed.planned.from.node),
          to: position(feed.planned.to.node),
          ...names(feed),
          ...(feed.planned.typeColumn === undefined && { type: feed.planned.type ?? feed.name }),
        })),
      ...algorithms
        .filter(({ algorithm }) => algorithm === 'nodeSimilarity')
        .flatMap(({ name, nodes: labels }) =>
          labels.map(position).flatMap((from, _, all) =>
            all.map((to) => ({
              feed: algorithmFeed(name, from, to),
              from,
              to,
              key: [],
              properties: ['score'],
              type: name,
            })),
          ),
        ),
    ],
    constraints: [],
  };
}

/** What the relationships that an algorithm writes are kept under. */
export function algorithmFeed(name: string, from?: number, to?: number): string {
  return `graph.algorithms.${name}:${from === undefined ? '' : `${from}:${to}`}`;
}

export async function keepModel(images: BeforeImages, model: Model): Promise<void> {
  await images.keep(SCOPE, [{ id: SCOPE, image: toImage(model) }]);
}

/** As it was kept; undefined where the run never came to the store. */
export async function readModel(images: BeforeImages): Promise<Model | undefined> {
  const image = await images.find(SCOPE, SCOPE);
  return image?.image == null ? undefined : (fromImage(image.image) as Model);
}

export async function modelKept(images: BeforeImages): Promise<Model> {
  const model = await readModel(images);
  if (model === undefined) throw new SqliftError('Internal', 'the graph was not prepared');
  return model;
}

/** Steps that tell a repeated promote, or a discard, how far the run got. */
export type Step = 'promoting' | 'promoted';

export async function reached(images: BeforeImages, step: Step): Promise<boolean> {
  return (await images.find('steps', step)) !== undefined;
}

export async function reach(images: BeforeImages, step: Step): Promise<void> {
  await images.keep('steps', [{ id: step, image: null }]);
}

interface Schema {
  name: string;
  labels: string[] | null;
  properties: string[] | null;
}

/** Uniqueness constraints on nodes, by their names. */
export async function uniqueConstraints(query: Query): Promise<Schema[]> {
  return query<Schema>(
    `SHOW CONSTRAINTS YIELD name, type, labelsOrTypes AS labels, properties
     WHERE type IN ['UNIQUENESS', 'NODE_PROPERTY_UNIQUENESS', 'NODE_KEY'] RETURN name, labels, properties`,
  );
}

export function isOn({ labels, properties }: Schema, { labels: [label], key }: NodeModel): boolean {
  return (
    labels?.length === 1 &&
    labels[0] === label &&
    properties?.length === key.length &&
    key.every((property) => properties.includes(property))
  );
}

/** Names for the constraints that are missing. */
export async function missingConstraints(query: Query, { nodes }: Model): Promise<Model['constraints']> {
  const there = await uniqueConstraints(query);
  const indexes = await query<{ name: string }>('SHOW INDEXES YIELD name');
  const constraints = await query<{ name: string }>('SHOW CONSTRAINTS YIELD name');
  const taken = new Set([...indexes, ...constraints].map(({ name }) => name));
  const missing: Model['constraints'] = [];
  for (const [position, node] of nodes.entries()) {
    if (there.some((schema) => isOn(schema, node))) continue;
    const wanted = `${[node.labels[0], ...node.key].join('_')}_unique`;
    let name = wanted;
    for (let more = 2; taken.has(name); more++) name = `${wanted}_${more}`;
    taken.add(name);
    missing.push([position, name]);
  }
  return missing;
}
