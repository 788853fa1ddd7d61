import { SqliftError } from '../../core/errors';
import { isVector } from '../../core/feeds/vector-value';
import type { EmbeddingCache } from './cache';
import type { Embedder } from './embedder';

/**
 * A vector for each text, from the cache where it is there; what is not is asked for once a text, batch by batch, and kept before the next batch is
 * asked for. `dimension`: what it has to be, where that is known.
 *
 * @throws SqliftError EmbedderRefused when the model's vectors are of another dimension, or are none
 */
export async function embedAll(
  embedder: Embedder,
  cache: EmbeddingCache | undefined,
  texts: readonly string[],
  { dimension, beat }: { dimension?: number | undefined; beat?: () => void } = {},
): Promise<Float32Array[]> {
  const known = new Map<string, Float32Array>();
  const kept = embedder.computed ? undefined : cache;
  const wanted: string[] = [];
  for (const text of new Set(texts)) {
    const vector = kept?.get(embedder.identity, text);
    if (vector === undefined) wanted.push(text);
    else known.set(text, vector);
  }
  for (const batch of batchesOf(wanted, embedder.batch)) {
    const vectors = await embedder.embed(batch);
    for (const [i, text] of batch.entries()) {
      const vector = vectors[i]!;
      if (!isVector(vector)) throw new SqliftError('EmbedderRefused', `${embedder.identity}: a text has no vector`);
      known.set(text, vector);
    }
    kept?.put(
      embedder.identity,
      batch.map((text, i) => [text, vectors[i]!] as const),
    );
    beat?.();
  }
  return texts.map((text) => {
    const vector = known.get(text)!;
    if (dimension !== undefined && vector.length !== dimension)
      throw new SqliftError(
        'EmbedderRefused',
        `${embedder.identity}: its vectors have ${vector.length} dimensions, not ${dimension}`,
      );
    return vector;
  });
}

function* batchesOf(texts: readonly string[], most: Embedder['batch']): Generator<string[]> {
  let batch: string[] = [];
  let characters = 0;
  for (const text of texts) {
    if (batch.length > 0 && (batch.length >= most.texts || characters + text.length > most.characters)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(text);
    characters += text.length;
  }
  if (batch.length > 0) yield batch;
}
