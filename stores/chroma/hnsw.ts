import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../../core/errors';
import { PickledObject, readPickle } from './pickle';
import type { Pickled } from './pickle';

/**
 * The index of a Chroma collection as it stands on disk: chroma-hnswlib's header.bin, data_level0.bin and length.bin, and Chroma's own index_metadata.pickle, which
 * says by which label an id is found there. Read whole: it holds as many vectors as Chroma itself keeps in memory.
 */
export interface HnswIndex {
  /** What of the queue it has taken in; undefined where the database says it. */
  maxSeqId: bigint | undefined;
  ids: IterableIterator<string>;
  /** The vector as Chroma gives it: of a collection by cosine, the unit vector by its length. */
  vector: (id: string) => Float32Array | undefined;
}

/** Of the header (hnswalg.h, `saveIndex`): all little-endian, `size_t` of 8 bytes. */
const HEADER = { version: 0, elements: 20, elementBytes: 28, labelAt: 36, dataAt: 44, bytes: 52 };

/** Undefined where the collection has no index on disk yet. @throws SqliftError SourceUnreadable */
export function readHnsw(folder: string, dimension: number, isCosine: boolean): HnswIndex | undefined {
  const metadata = path.join(folder, 'index_metadata.pickle');
  // The other files are made in advance, and hold nothing until this one is there.
  if (!existsSync(metadata)) return undefined;
  const refuse = (what: string): SqliftError =>
    new SqliftError('SourceUnreadable', `${folder}: ${what}`, { file: folder });
  const read = (name: string): Buffer => {
    try {
      return readFileSync(path.join(folder, name));
    } catch (error) {
      throw new SqliftError(
        'SourceUnreadable',
        `${folder}: ${name} cannot be read`,
        { file: folder },
        { cause: error },
      );
    }
  };
  const fields = fieldsOf(readPickle(readFileSync(metadata), metadata));
  const labels = fields?.get('id_to_label');
  if (!(labels instanceof Map)) throw refuse('index_metadata.pickle names no ids');
  const header = read('header.bin');
  if (header.length < HEADER.bytes || header.readInt32LE(HEADER.version) !== 1)
    throw refuse('header.bin is of another version');
  const size = (at: number): number => Number(header.readBigUInt64LE(at));
  const [elements, bytes, labelAt, dataAt] = [
    size(HEADER.elements),
    size(HEADER.elementBytes),
    size(HEADER.labelAt),
    size(HEADER.dataAt),
  ];
  if (labelAt - dataAt !== dimension * 4) throw refuse(`its vectors are not of ${dimension} dimensions`);
  const data = read('data_level0.bin');
  const lengths = isCosine ? read('length.bin') : undefined;
  if (data.length < elements * bytes || (lengths !== undefined && lengths.length < elements * 4))
    throw refuse('its files hold fewer vectors than its header says');
  const places = new Map<bigint, number>();
  for (let element = 0; element < elements; element++)
    places.set(data.readBigUInt64LE(element * bytes + labelAt), element);
  const maxSeqId = fields!.get('max_seq_id');
  return {
    maxSeqId: typeof maxSeqId === 'number' ? BigInt(maxSeqId) : typeof maxSeqId === 'bigint' ? maxSeqId : undefined,
    ids: labels.keys() as IterableIterator<string>,
    vector(id) {
      const label = labels.get(id);
      const element = typeof label === 'number' || typeof label === 'bigint' ? places.get(BigInt(label)) : undefined;
      if (element === undefined) return undefined;
      const start = element * bytes + dataAt;
      const length = lengths === undefined ? 1 : lengths.readFloatLE(element * 4);
      return Float32Array.from({ length: dimension }, (_, i) => data.readFloatLE(start + i * 4) * length);
    },
  };
}

function fieldsOf(pickled: Pickled): Map<Pickled, Pickled> | undefined {
  if (pickled instanceof PickledObject) return pickled.fields;
  return pickled instanceof Map ? pickled : undefined;
}
