import type { FeedColumn } from './feed';
import type { Value } from './value';

/** Rows of a Chroma collection: what their columns are called. `metadata` is one JSON object, `embedding` is float32. */
export const CHROMA_COLUMNS: readonly FeedColumn[] = ['id', 'document', 'metadata', 'embedding'].map((name, index) => ({
  source: name,
  target: name,
  index,
  affinity: 'blob',
  notNull: false,
  identity: false,
}));

/** Chroma's own key for the document among a record's metadata; no metadata of a user can have it. */
export const CHROMA_DOCUMENT = 'chroma:document';

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The metadata of a row: integers stay integers of 64 bits. */
export function chromaMetadata(json: string): Record<string, Value | Value[]> {
  // JSON.parse would round them.
  const marked = json.replace(TOKENS, (token) => (/^-?\d+$/.test(token) ? `{"i":"${token}"}` : token));
  const members = JSON.parse(marked) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, Array.isArray(value) ? value.map(valueOf) : valueOf(value)]),
  );
}

function valueOf(value: unknown): Value {
  return typeof value === 'object' && value !== null ? BigInt((value as { i: string }).i) : (value as Value);
}
