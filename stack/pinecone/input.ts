import { invalid } from './errors';

/** Checks of single values of a request's body or query: each gives the value with its type, or throws INVALID_ARGUMENT. */

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function objectOf(value: unknown, name: string): JsonObject {
  if (!isObject(value)) throw invalid(`${name} must be an object`);
  return value;
}

export function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalid(`${name} must be a string`);
  return value;
}

export function integerOf(value: unknown, name: string, least: number, most: number): number {
  const given = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (!Number.isInteger(given) || (given as number) < least || (given as number) > most)
    throw invalid(`${name} must be an integer between ${least} and ${most}`);
  return given as number;
}

export function flagOf(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false`);
  return value;
}

/** `read(value)`, or `undefined` where the field is absent; null counts as absent, as in protobuf's JSON. */
export function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

/** The value as JSON for a refusal; what is nested deeper than can be written is not shown. */
export function shown(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '…';
  }
}

/** Refuses the fields that no rule above has read: what is not understood is not ignored. */
export function refuseOthers(given: JsonObject, known: readonly string[]): void {
  const other = Object.keys(given).find((name) => !known.includes(name));
  if (other !== undefined) throw invalid(`unknown field ${JSON.stringify(other)}`);
}
