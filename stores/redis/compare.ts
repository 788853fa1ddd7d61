import type { RowDigest } from '../../core/digest';
import { RowHash } from '../../core/digest';
import type { CacheFeed } from '../../core/feeds/feed';
import type { FeedDifference, FeedWork } from '../feed-store';
import type { RedisPool } from './connect';
import { sameTime } from './discard';
import { sameField, shown } from './expected';
import type { Expected } from './expected';

/** What comparing a feed needs. */
export interface Verifying {
  pool: RedisPool;
  dialect: string;
  work: FeedWork;
  feed: CacheFeed;
  /** What the keys' names begin with: nothing once they are published. */
  prefix: string;
  /** Milliseconds since 1970, by the clock of Redis. */
  now: number;
  found: (difference: FeedDifference) => void;
  digest: RowDigest;
  /** How many of the keys that are expected are there. */
  present: number;
}

/** Times to live, which no retry and no cut-over may have moved. */
export function compareTime({ found, dialect }: Verifying, key: string, expected: number, now: number): void {
  if (sameTime(now, expected, dialect)) return;
  const said = (at: number) => (at < 0 ? 'never' : new Date(at).toISOString());
  found({ kind: 'property', key, column: 'expires', expected: said(expected), found: said(now) });
}

/** Fields and values of a hash, or of a stream's entry. */
export function compareFields(
  { key, fields }: Expected,
  pairs: readonly Buffer[],
  found: (difference: FeedDifference) => void,
): void {
  const left = new Map<string, Buffer>();
  for (let i = 0; i < pairs.length; i += 2) left.set(pairs[i]!.toString(), pairs[i + 1]!);
  for (const field of fields!) {
    const value = left.get(field.name);
    left.delete(field.name);
    if (value === undefined) found({ kind: 'property', key, column: field.name, expected: shown(field.value) });
    else if (!sameField(field, value))
      found({ kind: 'property', key, column: field.name, expected: shown(field.value), found: shown(value) });
  }
  for (const [name, value] of left) found({ kind: 'property', key, column: name, found: shown(value) });
}

const hash = new RowHash();

export function addTo(digest: RowDigest, key: string, ...parts: Buffer[]): void {
  hash.of([key, ...parts.map((part) => part.toString('latin1'))]);
  digest.add(hash);
}
