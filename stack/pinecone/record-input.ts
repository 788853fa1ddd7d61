import { invalid } from './errors';
import { objectOf, refuseOthers, textOf } from './input';
import { LIMITS } from './limits';
import { metadataOf } from './metadata';
import type { StoredRecord } from './records';

/** Ids, vectors and whole records as requests bring them, with Pinecone's rules and words. */

export function recordOf(value: unknown, dimension: number): StoredRecord {
  const given = objectOf(value, 'each vector');
  refuseOthers(given, ['id', 'values', 'sparseValues', 'metadata']);
  refuseSparse(given.sparseValues);
  const id = idOf(given.id);
  const values = valuesOf(given.values ?? [], dimension);
  if (values.every((one) => one === 0))
    throw invalid(`Dense vectors must contain at least one non-zero value. Vector ID ${id} contains only zeros.`);
  return { id, values, metadata: metadataOf(given.metadata) };
}

export function idOf(value: unknown): string {
  const id = textOf(value, 'id');
  if (id === '' || id.length > LIMITS.recordId)
    throw invalid(`Vector ID must be between 1 and ${LIMITS.recordId} characters long`);
  if (!/^[\x00-\x7f]*$/.test(id)) throw invalid(`Vector ID must be ASCII, but got '${id}'`);
  if (id.includes('\0')) throw invalid('Vector ID must not contain null characters');
  return id;
}

export function idsOf(value: unknown, most: number): string[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('ids must be a list of one id at least');
  if (value.length > most) throw invalid(`at most ${most} ids are allowed, got ${value.length}`);
  return value.map(idOf);
}

export function valuesOf(value: unknown, dimension: number): Float32Array {
  if (!Array.isArray(value)) throw invalid('vector values must be a list of numbers');
  if (value.length !== dimension)
    throw invalid(`Vector dimension ${value.length} does not match the dimension of the index ${dimension}`);
  const values = new Float32Array(dimension);
  for (let at = 0; at < dimension; at++) {
    const number: unknown = value[at];
    if (typeof number !== 'number') throw invalid('vector values must be numbers');
    values[at] = number;
    if (!Number.isFinite(values[at])) throw invalid('vector values must be within the range of 32-bit floats');
  }
  return values;
}

export function refuseSparse(value: unknown): void {
  if (value === undefined || value === null) return;
  throw invalid("sparse values: sqlift's local development endpoint serves dense vectors only");
}
