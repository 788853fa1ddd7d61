import { invalid } from './errors';
import { objectOf, shown } from './input';
import { LIMITS } from './limits';

/** What a record says of itself beside its vector: strings, numbers, booleans and lists of strings; no null, nothing nested. */

export type MetadataValue = string | number | boolean | string[];
export type Metadata = Record<string, MetadataValue>;

/** Checks the whole of it; `null` stands for none, as does an empty object. Throws with Pinecone's words, the field named. */
export function metadataOf(value: unknown): Metadata | null {
  if (value === undefined || value === null) return null;
  const metadata = objectOf(value, 'metadata');
  const fields = Object.entries(metadata);
  if (fields.length === 0) return null;
  for (const [field, one] of fields) if (!isMetadataValue(one)) throw refusal(field, one);
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > LIMITS.metadataBytes)
    throw invalid(
      `metadata size is ${bytes} bytes, which exceeds the limit of ${LIMITS.metadataBytes} bytes per vector`,
    );
  return metadata as Metadata;
}

/** What `setMetadata` makes of it: the fields given are set, the others stay. */
export function merged(metadata: Metadata | null, changes: Metadata): Metadata {
  // A copy by entries: a field may be called __proto__.
  return metadataOf(Object.fromEntries([...Object.entries(metadata ?? {}), ...Object.entries(changes)]))!;
}

function isMetadataValue(value: unknown): value is MetadataValue {
  // JSON's 1e999 is read as Infinity, which cannot be written as JSON again.
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string');
  return typeof value === 'string' || typeof value === 'boolean';
}

function refusal(field: string, value: unknown): Error {
  const bytes = Buffer.from(shown(value));
  const short = bytes.byteLength > 16 ? `${bytes.subarray(0, 16).toString()}...` : bytes.toString();
  return invalid(
    `Metadata value must be a string, number, boolean or list of strings, got '${short}' for field '${field}'`,
  );
}
