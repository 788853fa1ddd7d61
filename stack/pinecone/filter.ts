import { invalid } from './errors';
import { isObject, objectOf, shown } from './input';
import { LIMITS } from './limits';
import type { Metadata, MetadataValue } from './metadata';

/**
 * Pinecone's metadata filter language: `$eq $ne $gt $gte $lt $lte $in $nin $exists`, `$and` and `$or`, several conditions
 * together meaning all of them, and a bare value meaning `$eq`. A list of strings has each of its elements as a value.
 * Types never mix: 1 is neither "1" nor true. `$ne` and `$nin` are the negation of `$eq` and `$in`, so a record without
 * the field matches them.
 */

export interface Filter {
  /** As it was given: filters of the same text let the same records pass. */
  text: string;
  passes: Passes;
}

/** Whether a record with this metadata passes. */
type Passes = (metadata: Metadata | null) => boolean;

type Scalar = string | number | boolean;
type Condition = (value: MetadataValue | undefined) => boolean;

/** `undefined` where no filter is given, or an empty one: then every record passes. Throws INVALID_ARGUMENT. */
export function filterOf(value: unknown): Filter | undefined {
  if (value === undefined || value === null) return undefined;
  const given = objectOf(value, 'filter');
  if (Object.keys(given).length === 0) return undefined;
  const passes = all(given, 0);
  return { text: JSON.stringify(given), passes };
}

function all(given: Record<string, unknown>, depth: number): Passes {
  if (depth > LIMITS.filterDepth) throw invalid(`filter is nested more than ${LIMITS.filterDepth} levels deep`);
  const parts = Object.entries(given).map(([name, condition]) => {
    if (name === '$and' || name === '$or') return combined(name, condition, depth);
    if (name.startsWith('$')) throw invalid(`${name} is not a valid operator at this place of a filter`);
    return ofField(name, condition);
  });
  return (metadata) => parts.every((part) => part(metadata));
}

function combined(operator: '$and' | '$or', value: unknown, depth: number): Passes {
  if (!Array.isArray(value) || value.length === 0) throw invalid(`${operator} must be followed by a list of filters`);
  const parts = value.map((one) => all(objectOf(one, `each element of ${operator}`), depth + 1));
  if (operator === '$and') return (metadata) => parts.every((part) => part(metadata));
  return (metadata) => parts.some((part) => part(metadata));
}

function ofField(field: string, condition: unknown): Passes {
  const conditions = isObject(condition)
    ? Object.entries(condition).map(([operator, operand]) => conditionOf(operator, operand))
    : [conditionOf('$eq', condition)];
  if (conditions.length === 0 || conditions.includes(undefined))
    throw invalid(`illegal condition for field ${field}, got ${shown(condition)}`);
  return (metadata) => {
    const value = metadata !== null && Object.hasOwn(metadata, field) ? metadata[field] : undefined;
    return conditions.every((holds) => holds!(value));
  };
}

/** `undefined` for what is none. */
function conditionOf(operator: string, operand: unknown): Condition | undefined {
  switch (operator) {
    case '$eq':
      return isScalar(operand) ? (value) => has(value, operand) : undefined;
    case '$ne':
      return isScalar(operand) ? (value) => !has(value, operand) : undefined;
    case '$in':
      return oneOf(operator, operand);
    case '$nin': {
      const isIn = oneOf(operator, operand);
      return isIn && ((value) => !isIn(value));
    }
    case '$gt':
      return compared(operand, (value, limit) => value > limit);
    case '$gte':
      return compared(operand, (value, limit) => value >= limit);
    case '$lt':
      return compared(operand, (value, limit) => value < limit);
    case '$lte':
      return compared(operand, (value, limit) => value <= limit);
    case '$exists':
      return typeof operand === 'boolean' ? (value) => (value !== undefined) === operand : undefined;
    default:
      return undefined;
  }
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));

const has = (value: MetadataValue | undefined, wanted: Scalar): boolean =>
  Array.isArray(value) ? value.includes(wanted as string) : value === wanted;

function oneOf(operator: string, operand: unknown): Condition | undefined {
  if (!Array.isArray(operand) || !operand.every(isScalar)) return undefined;
  if (operand.length > LIMITS.filterValues)
    throw invalid(`${operator} takes at most ${LIMITS.filterValues} values, got ${operand.length}`);
  const wanted = new Set<MetadataValue | undefined>(operand);
  return (value) => (Array.isArray(value) ? value.some((one) => wanted.has(one)) : wanted.has(value));
}

function compared(operand: unknown, holds: (value: number, limit: number) => boolean): Condition | undefined {
  if (typeof operand !== 'number' || !Number.isFinite(operand)) return undefined;
  return (value) => typeof value === 'number' && holds(value, operand);
}
