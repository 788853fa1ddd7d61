import { deserialize, serialize } from 'node:v8';
import type { BeforeImages } from '../feed-store';

/** What the run keeps in the ledger of Redis, by scope. */

/** The run may write: undoing it needs Redis. */
export const BEGUN = 'begun';
/** Batches of keys that get their names, with what stood there. */
export const TAKEN = 'taken';
/** Ids of batches that were refused as a whole. */
export const VOID = 'void';
/** Every key has its name. */
export const PUBLISHED = 'published';

/** A key that the run has given its name. */
export interface Taken {
  key: string;
  written: Content;
  /** What stood there; null: nothing. */
  before: (Content & { dump?: Buffer; aside?: true }) | null;
}

export interface Content {
  digest: string;
  /** Milliseconds since 1970; −1: never. */
  expiresAt: number;
}

/** A batch in as few bytes as it can be: there may be millions of keys. */
export function takenImage(prefix: string, taken: readonly Taken[]): Buffer {
  return serialize({
    prefix,
    keys: taken.map(({ key }) => key),
    digests: taken.map(({ written }) => written.digest).join('\n'),
    expiries: taken.some(({ written }) => written.expiresAt >= 0)
      ? taken.map(({ written }) => written.expiresAt)
      : null,
    before: taken.some(({ before }) => before !== null) ? taken.map(({ before }) => before) : null,
  });
}

export interface TakenBatch {
  id: string;
  /** What the names of these keys began with before. */
  prefix: string;
  taken: Taken[];
}

/** Every batch that is not void. */
export async function* readTaken(images: BeforeImages): AsyncGenerator<TakenBatch, void> {
  const voided = new Set<string>();
  for await (const page of images.read(VOID)) for (const { id } of page) voided.add(id);
  for await (const page of images.read(TAKEN)) {
    for (const { id, image } of page) {
      if (voided.has(id)) continue;
      const { prefix, keys, digests, expiries, before } = deserialize(image!) as {
        prefix: string;
        keys: string[];
        digests: string;
        expiries: number[] | null;
        before: Taken['before'][] | null;
      };
      const digest = digests.split('\n');
      yield {
        id,
        prefix,
        taken: keys.map((key, i) => ({
          key,
          written: { digest: digest[i]!, expiresAt: expiries?.[i] ?? -1 },
          before: before?.[i] ?? null,
        })),
      };
    }
  }
}
