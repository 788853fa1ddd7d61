import { createHash } from 'node:crypto';
import { MARK } from '../../core/feeds/graph';

/**
 * A label, type, property or constraint as it stands in Cypher. Neo4j reads `\uXXXX` anywhere in a query before anything else, so that a
 * backslash could end the quoting, too: it is written as such an escape itself.
 */
export function quote(name: string): string {
  return `\`${name.replaceAll('\\', '\\u005C').replaceAll('`', '``')}\``;
}

/** Labels that hide what a run has written until it is published, and tell whose it is. */
export interface Marks {
  /** On nodes that the run has made. */
  made: string;
  /** On the nodes that a writing transaction locks: without them, nothing is written. */
  gate: string;
  /** On every node of a feed, by its position among the node feeds: made, or found. */
  staged(position: number): string;
  /** On nodes of a feed that will have one more label: a row's own. */
  labelled(position: number, label: string): string;
  /** What `labelled` was made of. */
  labelOf(position: number, mark: string): string | undefined;
  /** Of the constraint that finds the nodes of a feed. */
  constraint(position: number): string;
}

export function marksOf(run: string): Marks {
  const made = `${MARK}${run}`;
  const prefix = (position: number) => `${made}:${position}:`;
  return {
    made,
    gate: `${made}:gate`,
    staged: (position) => `${made}:${position}`,
    labelled: (position, label) => prefix(position) + label,
    labelOf: (position, mark) => (mark.startsWith(prefix(position)) ? mark.slice(prefix(position).length) : undefined),
    constraint: (position) => `sqlift_${createHash('sha256').update(run).digest('hex').slice(0, 16)}_${position}`,
  };
}

/** `{a: row.k[0], b: row.k[1]}`, for the properties of a key. */
export function keyPattern(properties: readonly string[], values: string): string {
  return properties.length === 0
    ? ''
    : ` {${properties.map((property, i) => `${quote(property)}: ${values}[${i}]`).join(', ')}}`;
}
