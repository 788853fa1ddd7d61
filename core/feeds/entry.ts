import type { RowView } from '../row';
import type { Refused } from './cell';
import type { Value } from './value';

/** What a row becomes in a store. `id` is what tells it from the feed's other entries, as text. */
export interface NodeEntry {
  /** First the feed's own label. */
  labels: string[];
  key: Value[];
  properties: Record<string, Property>;
}

export interface RelationshipEntry {
  type: string;
  from: Value[];
  to: Value[];
  key: Value[];
  properties: Record<string, Property>;
}

export interface VectorEntry {
  id: string;
  namespace: string;
  /** To be embedded, where the row holds no vector. */
  text?: string;
  values?: Float32Array;
  metadata: Record<string, string | number | boolean | string[]>;
}

/** A Redis key, or one member of it. */
export interface KeyEntry {
  key: string;
  /** Of a string, and the member of a list, set or zset. */
  value?: string | Uint8Array;
  /** Of a hash, JSON document or stream entry: by field. */
  fields?: Record<string, Property>;
  score?: number;
  /** Of a list and a stream, whose members are in the order of the rows: the row's number. */
  position?: number;
  /** Of a stream: milliseconds of the entry's id, where a column has them. */
  milliseconds?: number;
  /** Milliseconds since 1970 at which the key is to be gone. */
  expiresAt?: number;
}

/** A value, or a list that stood in the source as a JSON array. */
export type Property = Value | Value[];

export type Entry = NodeEntry | RelationshipEntry | VectorEntry | KeyEntry;

/** An entry with its id and about its size in bytes. A row may become several: long texts are embedded piece by piece. */
export interface Made<E extends Entry = Entry> {
  id: string;
  entry: E;
  bytes: number;
}

/** Why a row becomes no entry: its column where it is one cell's fault. */
export interface RefusedEntry {
  column?: string;
  reason: Refused['reason'] | EntryRefusal;
}

/** Reasons besides those of codecs. */
export type EntryRefusal =
  | 'another row has the same id'
  | 'NULL in its id'
  | 'NULL in its value'
  | 'too large for its store'
  | 'not a value that its store holds'
  | 'not a list'
  | 'not a vector'
  | 'no text to embed'
  | 'wrong number of dimensions'
  | 'its end is no node';

/** A row that is no entry on purpose. */
export const LEFT_OUT = 'left out';

/** What a feed's rows become; made once a feed by `compileFeed`. A row whose entry is `LEFT_OUT` is counted only. */
export type MakeEntries = (row: RowView) => Made[] | RefusedEntry | typeof LEFT_OUT;
