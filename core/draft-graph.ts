import type { Plan, PlanTable, WrittenPlan } from './plan';

type Graph = NonNullable<WrittenPlan['graph']>;
type ForeignKey = NonNullable<PlanTable['foreignKeys']>[number];

/** Types of columns that cannot be a key in Neo4j. */
const NO_KEY = /^(numeric|jsonb?)\b/;

/** A table with its place. */
interface Place {
  source: string;
  name: string;
  table: PlanTable;
}

/**
 * The graph that a plan's foreign keys tell of: a node for each row of a table with a primary key, a relationship for each foreign key, and one
 * for each row of a table that only joins two others, with its further columns as properties. Undefined where no table can be nodes.
 */
export function draftGraph(plan: Plan): Graph | undefined {
  const places = Object.entries(plan.sources).flatMap(([source, { tables }]) =>
    Object.entries(tables).map(([name, table]): Place => ({ source, name, table })),
  );
  const joins = new Map(places.flatMap((place) => joinOf(place, places).map((ends) => [place, ends] as const)));
  const nodes = new Names();
  const labels = new Map<Place, string>();
  for (const place of places)
    if (!joins.has(place) && keyOf(place) !== undefined) labels.set(place, nodes.take(camel(place.name)));
  if (labels.size === 0) return undefined;
  const of = ({ source, name }: Place) => ({
    ...(Object.keys(plan.sources).length > 1 && { source }),
    table: name,
  });
  const names = new Names();
  const relationships: NonNullable<Graph['relationships']> = {};
  const add = (place: Place, type: string, rest: Omit<NonNullable<Graph['relationships']>[string], 'table'>) => {
    const name = names.take(type, `${snake(place.name)}_${type}`);
    relationships[name] = { ...of(place), ...(name !== type && { type }), ...rest };
  };
  for (const place of places) {
    const join = joins.get(place);
    const end = (key: ForeignKey) => {
      const parent = parentOf(place, key, places);
      const label = parent && labels.get(parent);
      return label === undefined ? undefined : { node: label, columns: inKeyOrder(key, keyOf(parent!)!) };
    };
    // Rows without their parents were there before; they are in PostgreSQL by a key that is NOT VALID.
    const tolerance = (keys: readonly ForeignKey[]) =>
      keys.some(({ validate }) => validate === false) ? { quarantine: 'any' as const } : {};
    if (join !== undefined) {
      const [from, to] = [end(join[0]), end(join[1])];
      if (from !== undefined && to !== undefined)
        add(place, snake(place.name), { from, to, ...furtherKey(place, join), ...tolerance(join) });
      continue;
    }
    const own = labels.get(place);
    if (own === undefined) continue;
    for (const key of place.table.foreignKeys ?? []) {
      const to = end(key);
      if (to === undefined) continue;
      const from = { node: own, columns: keyOf(place)! };
      add(place, `HAS_${roleOf(key)}`, { from, to, properties: {}, ...tolerance([key]) });
    }
  }
  return {
    nodes: Object.fromEntries([...labels].map(([place, label]) => [label, { ...of(place), key: keyOf(place)! }])),
    ...(Object.keys(relationships).length > 0 && { relationships }),
  };
}

/** Columns of the primary key, where Neo4j can hold it. */
function keyOf({ table }: Place): string[] | undefined {
  const columns = table.primaryKey?.columns;
  if (columns === undefined || columns.some((column) => NO_KEY.test(table.columns?.[column]?.type ?? '')))
    return undefined;
  return columns;
}

function parentOf({ source }: Place, { references }: ForeignKey, places: readonly Place[]): Place | undefined {
  const parent = places.find((place) => place.source === source && place.name === references.table);
  const key = parent && keyOf(parent);
  if (key === undefined || key.length !== references.columns.length) return undefined;
  return key.every((column) => references.columns.includes(column)) ? parent : undefined;
}

/** The two foreign keys of a table that is nothing but their pair: its primary key begins with their columns, and nobody refers to it. */
function joinOf(place: Place, places: readonly Place[]): [ForeignKey, ForeignKey][] {
  const { source, name, table } = place;
  const keys = table.foreignKeys ?? [];
  const primary = table.primaryKey?.columns;
  if (keys.length !== 2 || primary === undefined) return [];
  const [first, second] = keys as [ForeignKey, ForeignKey];
  const ends = [...first.columns, ...second.columns];
  if (!ends.every((column) => primary.includes(column)) || new Set(ends).size !== ends.length) return [];
  if (parentOf(place, first, places) === undefined || parentOf(place, second, places) === undefined) return [];
  const isReferred = places.some(
    (other) => other.source === source && other.table.foreignKeys?.some(({ references }) => references.table === name),
  );
  return isReferred ? [] : [[first, second]];
}

/** What tells the rows of a join from others between the same two. */
function furtherKey({ table }: Place, join: readonly ForeignKey[]): { key?: string[] } {
  const ends = join.flatMap(({ columns }) => columns);
  const key = (table.primaryKey?.columns ?? []).filter((column) => !ends.includes(column));
  return key.length === 0 ? {} : { key };
}

/** The foreign key's columns in the order of the parent's key. */
function inKeyOrder({ columns, references }: ForeignKey, key: readonly string[]): string[] {
  return key.map((column) => columns[references.columns.indexOf(column)]!);
}

/** What the parent is to its child: the column’s name without `_id`, or the parent’s. */
function roleOf({ columns, references }: ForeignKey): string {
  const role = columns.length === 1 ? snake(columns[0]!).replace(/_?(ID|KEY|FK|REF)$/, '') : '';
  return role === '' ? snake(references.table) : role;
}

const words = (name: string): string[] =>
  name
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/** `order_items` → `OrderItems`. */
function camel(name: string): string {
  return (
    words(name)
      .map((word) => word[0]!.toUpperCase() + word.slice(1))
      .join('') || name
  );
}

/** `orderItems` → `ORDER_ITEMS`. */
function snake(name: string): string {
  return words(name).join('_').toUpperCase() || name;
}

/** Names that are given once. */
class Names {
  readonly #taken = new Set<string>();

  take(...wanted: string[]): string {
    let name = wanted.find((candidate) => !this.#taken.has(candidate));
    for (let more = 2; name === undefined; more++) {
      const candidate = `${wanted.at(-1)}_${more}`;
      if (!this.#taken.has(candidate)) name = candidate;
    }
    this.#taken.add(name);
    return name;
  }
}
