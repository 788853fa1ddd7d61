import type { RowView } from '../../core/row';
import type { SourceValue } from '../../core/meaning/meaning';
import { ScratchRow } from '../sqlite/scratch';
import type { DriverValue } from '../sqlite/scratch';
import { readCollection } from './collection';
import type { ChromaRecord, ChromaScalar } from './collection';

/** The records of a collection as rows with the columns of `CHROMA_COLUMNS`. The view is reused. */
export function* readChromaRows(folder: string, collection: string): Generator<RowView, void> {
  const row = new ScratchRow(4);
  for (const record of readCollection(folder, collection)) {
    const cells = cellsOf(record);
    row.put(
      cells.map((cell): DriverValue => (typeof cell === 'string' ? Buffer.from(cell) : cell)),
      (column) => typeof cells[column] === 'string',
    );
    yield row;
  }
}

/** The same for verification. */
export function* readChromaAgain(folder: string, collection: string): Generator<SourceValue[], void> {
  for (const record of readCollection(folder, collection)) yield cellsOf(record);
}

function cellsOf({ id, document, metadata, embedding }: ChromaRecord): (string | Buffer | null)[] {
  return [id, document, jsonOf(metadata), embedding === undefined ? null : Buffer.from(embedding.buffer)];
}

/** Integers have all their digits, and no number that is none looks like one. */
function jsonOf(metadata: ChromaRecord['metadata']): string {
  const members = [...metadata].map(
    ([key, value]) =>
      `${JSON.stringify(key)}: ${Array.isArray(value) ? `[${value.map(scalarOf).join(', ')}]` : scalarOf(value)}`,
  );
  return `{${members.join(', ')}}`;
}

function scalarOf(value: ChromaScalar): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') return JSON.stringify(value);
  if (!Number.isFinite(value)) return value < 0 ? '-1e999' : '1e999';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
