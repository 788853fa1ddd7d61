import type { Embedder } from './embedder';

export const HASHING_DIMENSION = 384;

/**
 * Vectors from the letters themselves, without a model: words, pairs of words and letters in threes are hashed to dimensions with a sign, and the sum
 * is brought to length 1. Texts that share words or spellings are near each other; synonyms are not, so it is not semantic.
 * The same text has the same vector on every machine: only additions, multiplications and square roots are used.
 */
export function hashingEmbedder(dimension: number = HASHING_DIMENSION): Embedder {
  return {
    identity: `hashing ${dimension}`,
    computed: true,
    free: true,
    dimension,
    batch: { texts: 1_000, characters: 4_000_000 },
    embed: async (texts) => texts.map((text) => hashed(text, dimension)),
  };
}

const WORD = 1;
const PAIR = 0.5;
const LETTERS = 0.25;

function hashed(text: string, dimension: number): Float32Array {
  const sums = new Float64Array(dimension);
  const add = (hash: number, weight: number): void => {
    const mixed = mix(hash);
    sums[(mixed >>> 1) % dimension]! += (mixed & 1) === 0 ? weight : -weight;
  };
  const folded = text.normalize('NFKC').toLowerCase();
  let previous = 0;
  for (const [word] of folded.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    const hash = fnv(word, 0, word.length, SEED);
    add(hash, WORD);
    if (previous !== 0) add(Math.imul(previous, 31) + hash, PAIR);
    previous = hash;
    const edged = `<${word}>`;
    for (let at = 0; at + 3 <= edged.length; at++) add(fnv(edged, at, at + 3, SEED + 1), LETTERS);
  }
  let square = 0;
  for (let at = 0; at < dimension; at++) square += sums[at]! * sums[at]!;
  // Signs only, or words that cancel each other out: the whole text counts as one.
  if (square === 0) {
    add(fnv(folded, 0, folded.length, SEED + 2), WORD);
    square = 1;
  }
  const length = Math.sqrt(square);
  const values = new Float32Array(dimension);
  for (let at = 0; at < dimension; at++) values[at] = sums[at]! / length;
  return values;
}

const SEED = 0x811c9dc5;

/** FNV-1a over code units. */
function fnv(text: string, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}

/** The end of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
