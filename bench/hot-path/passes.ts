import { rowVisitor } from '../../activities/import/encode-rows';
import { TableCensus } from '../../core/census';
import { CopyWriter } from '../../core/codecs/writer';
import { RowDigest } from '../../core/digest';
import { FieldHash } from '../../core/field-digest/hash';
import { sourceHasher } from '../../core/field-digest/source';
import { targetHasher } from '../../core/field-digest/target';
import type { TableMapping } from '../../core/mapping';
import { viewOf } from '../../core/row';
import type { SourceCatalog } from '../../core/source';
import { openReader } from '../../stores/sqlite/open-reader';

/**
 * What is done for every row of a run, each pass by itself and without a server: what `activities/` does between two of its waits.
 * The baseline is this file of an earlier commit with all that it loads, so its names are those that a check may rely on.
 */

export const PASSES = ['load', 'hash-source', 'hash-target', 'census'] as const;
export type Pass = (typeof PASSES)[number];

/** Of a data set with one table. */
export interface Input {
  file: string;
  catalog: SourceCatalog;
  mapping: TableMapping;
}

/** As `loadChunk` has them. */
const SEND_BYTES = 512 << 10;
const PIECE_BYTES = 256 << 10;
const BUFFER_BYTES = 2 << 20;

/**
 * Opens the file and prepares what is prepared once for many rows. Gives what does a pass over all of them and says how many there were. What is
 * open stays open: a process ends soon.
 */
export function openPass(pass: Pass, input: Input): () => number {
  switch (pass) {
    case 'load':
      return encode(input, () => {});
    case 'hash-source':
      return hashSource(input);
    case 'hash-target':
      return hashTarget(input);
    case 'census':
      return census(input);
  }
}

/** Rows out of the pages as tuples of a binary COPY, given on whenever enough have come together. */
function encode({ file, catalog, mapping }: Input, send: (tuples: Buffer) => void): () => number {
  const reader = openReader({ path: file, catalog, table: mapping.origin });
  const out = new CopyWriter(BUFFER_BYTES);
  const rows = rowVisitor(mapping, out, new Map(), false);
  return () => {
    const before = rows.count();
    for (const _ of reader.batches(rows.visit, undefined, PIECE_BYTES)) if (out.length >= SEND_BYTES) send(out.take());
    if (out.length > 0) send(out.take());
    return rows.count() - before;
  };
}

function hashSource({ file, catalog, mapping }: Input): () => number {
  const reader = openReader({ path: file, catalog, table: mapping.origin });
  const hashRow = sourceHasher(mapping.columns);
  const hash = new FieldHash();
  return () => {
    const digest = new RowDigest();
    for (const _ of reader.batches((row) => {
      hashRow(row, hash);
      digest.add(hash);
    }));
    return digest.count;
  };
}

/** The target's answer is what was sent: PostgreSQL gives tuples back as it got them, text for the types that are asked for as such. */
function hashTarget(input: Input): () => number {
  const pieces: Buffer[] = [];
  encode(input, (tuples) => pieces.push(Buffer.from(tuples)))();
  const hashRow = targetHasher(input.mapping.columns);
  const hash = new FieldHash();
  return () => {
    const digest = new RowDigest();
    for (const bytes of pieces) {
      const view = viewOf(bytes);
      for (let at = 0; at < bytes.length;) {
        at = hashRow(bytes, view, at + 2, hash);
        digest.add(hash);
      }
    }
    return digest.count;
  };
}

function census({ file, catalog, mapping }: Input): () => number {
  const reader = openReader({ path: file, catalog, table: mapping.origin });
  const found = new TableCensus(mapping.origin);
  let rows = 0;
  return () => {
    const before = rows;
    for (const _ of reader.batches((row) => {
      rows += 1;
      found.add(row);
    }));
    return rows - before;
  };
}
