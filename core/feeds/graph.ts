import { fieldsOf, RowRefused } from './cells';
import type { Property } from './entry';
import type { NodeFeed, RelationshipFeed } from './feed';
import { listed } from './columns';
import { textOf } from './value';
import type { Value } from './value';

/** What nodes and relationships have in common: which properties their rows become, and what of it Neo4j can hold. */

/** Bytes of a key: Neo4j's indexes hold 8,164 of one text, and less of several. */
const KEY_BYTES = 8_000;
/** Bytes of an entry, about: a transaction of Neo4j has to hold them in its heap several times over. */
const ENTRY_BYTES = 32 << 20;
/** Labels of a labelColumn, and types of a typeColumn: names in Neo4j are never forgotten again. */
export const NAMES_AT_MOST = 1_000;

/** A property and the column that it comes from. */
export interface GraphField {
  name: string;
  column: string;
  list: boolean;
}

/** Properties of a feed's entries, those of its key among them; and those of its key, in its order. */
export function graphFields({ columns, planned, kind }: NodeFeed | RelationshipFeed): {
  fields: GraphField[];
  key: GraphField[];
} {
  const ends = kind === 'relationship' ? [...listed(planned.from.columns), ...listed(planned.to.columns)] : [];
  const fields = fieldsOf({ columns }, planned.properties, ends);
  const key = listed(planned.key ?? []).map((column) => {
    const found = fields.find((field) => field.column === column && !field.list);
    if (found !== undefined) return found;
    const target = columns.find(({ source }) => source === column)?.target ?? column;
    const added = { name: target, column, list: false };
    fields.push(added);
    return added;
  });
  return { fields, key };
}

/** What keeps a feed from being a graph's, a sentence each. */
export function graphProblems(feed: NodeFeed | RelationshipFeed): string[] {
  const { fields, key } = graphFields(feed);
  const problems: string[] = [];
  for (const { name } of fields)
    if (fields.filter((field) => field.name === name).length > 1)
      problems.push(`${feed.feed}: the key’s property ${name} is another column’s; give the key a property of its own`);
  const keys = [
    ...key.map(({ column }) => column),
    ...(feed.kind === 'relationship' ? [...listed(feed.planned.from.columns), ...listed(feed.planned.to.columns)] : []),
  ];
  for (const column of keys) {
    const type = feed.columns.find(({ source }) => source === column)?.type?.name;
    if (type === 'numeric' || type === 'json' || type === 'jsonb')
      problems.push(`${feed.feed}: ${column} is ${type}, which Neo4j knows as text only and a key cannot be`);
  }
  const names = [
    ...fields.map(({ name }) => name),
    ...(feed.kind === 'node' ? [feed.name, ...(feed.planned.labels ?? [])] : [feed.planned.type ?? feed.name]),
  ];
  for (const name of new Set(names))
    if (!isName(name)) problems.push(`${feed.feed}: ${JSON.stringify(name)} cannot be a name in Neo4j`);
  return [...new Set(problems)];
}

/** Marks of runs begin with this. */
export const MARK = '_sqlift:';

function isName(name: string): boolean {
  return name !== '' && !name.includes('\0') && !name.startsWith(MARK);
}

/** A label or type that stands in a row: a text or an integer. */
export function nameOf(value: Value, column: string): string | undefined {
  if (value === null) return undefined;
  const name = typeof value === 'string' || typeof value === 'bigint' ? String(value) : '';
  if (!isName(name) || name.length > 500) throw new RowRefused('not a value that its store holds', column);
  return name;
}

/** Text of a key: the same for keys that Neo4j takes for equal, whatever their columns' types. */
export function keyId(key: readonly Value[]): string {
  return key.map((part) => partId(part).replaceAll(/[\\|]/g, '\\$&')).join('|');
}

function partId(part: Value): string {
  if (typeof part === 'bigint') return `n${part}`;
  // 1 = 1.0 in Neo4j.
  if (typeof part === 'number') return Number.isInteger(part) ? `n${BigInt(part)}` : `n${part}`;
  if (typeof part === 'string') return `t${part}`;
  if (typeof part === 'boolean') return `o${part}`;
  if (part === null) return '';
  return `${part instanceof Uint8Array ? 'b' : part.type} ${textOf(part)}`;
}

/** @throws RowRefused when the key is larger than Neo4j can keep apart */
export function checkKey(key: readonly Value[]): void {
  let bytes = 0;
  for (const part of key)
    bytes += typeof part === 'string' ? Buffer.byteLength(part) : part instanceof Uint8Array ? part.length : 16;
  if (bytes > KEY_BYTES) throw new RowRefused('too large for its store');
}

/** @throws RowRefused */
export function checkSize(bytes: number): void {
  if (bytes > ENTRY_BYTES) throw new RowRefused('too large for its store');
}

/** Properties as Neo4j can hold them: the items of a list are of one type. @throws RowRefused */
export function held(properties: Record<string, Property>, fields: readonly GraphField[]): Record<string, Property> {
  for (const { name, column, list } of fields) {
    const value = properties[name];
    if (list && Array.isArray(value)) properties[name] = sameType(value, column);
  }
  return properties;
}

function sameType(items: Value[], column: string): Value[] {
  const types = new Set(items.map((item) => typeof item));
  if (types.size <= 1) return items;
  if (types.size === 2 && types.has('bigint') && types.has('number')) {
    const doubles = items.map(Number);
    if (doubles.every((double, i) => typeof items[i] === 'number' || BigInt(double) === items[i])) return doubles;
  }
  throw new RowRefused('not a value that its store holds', column);
}
