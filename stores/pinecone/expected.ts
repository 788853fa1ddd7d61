import { chromaMetadata, CHROMA_DOCUMENT } from '../../core/feeds/chroma';
import { chunkText } from '../../core/feeds/chunk-text';
import type { FeedColumn, VectorFeed } from '../../core/feeds/feed';
import { columnOf } from '../../core/feeds/resolve';
import { fillTemplate, parseTemplate } from '../../core/feeds/template';
import type { SourceValue } from '../../core/meaning/meaning';
import { sourceText } from '../../core/meaning/text';
import type { Metadata } from './client';

/** What has to be in Pinecone for a row, from what its cells mean; made by none of the code that writes there. */

export interface ExpectedVector {
  id: string;
  namespace: string;
  /** What it is embedded from, or the vector itself. */
  text?: string;
  values?: Float32Array;
  metadata: Metadata;
}

type Cells = readonly SourceValue[];

export function compileExpected({ planned, rows, columns }: VectorFeed): (cells: Cells) => ExpectedVector[] {
  const at = (name: string): number => columns.findIndex(({ source }) => source === name);
  const filled = (text: string) => compileTemplate(text, columns);
  const id = filled(planned.id ?? '{id}');
  const namespace = filled(planned.namespace ?? '');
  const text = planned.text === undefined ? undefined : filled(planned.text);
  const isChroma = rows.from === 'chroma';
  const vector = isChroma ? { column: 'embedding', encoding: 'float32' as const } : planned.vector;
  const fields = Object.entries(planned.metadata ?? {}).map(([name, field]) => {
    const column = columns[at(columnOf(field))]!;
    const isList = typeof field !== 'string' && field.list === true;
    return { name, index: at(column.source), read: isList ? listOf : scalarOf(column) };
  });
  return (cells) => {
    const metadata: Metadata = isChroma ? chromaOf(cells[at('metadata')]!, cells[at('document')]!) : {};
    for (const { name, index, read } of fields) {
      const value = read(cells[index]!);
      if (value !== null) metadata[name] = value;
    }
    const own = { id: id(cells), namespace: namespace(cells), metadata };
    if (vector !== undefined) return [{ ...own, values: decoded(cells[at(vector.column)]!, vector.encoding) }];
    const whole = text!(cells);
    const pieces = planned.chunk === undefined ? [whole] : chunkText(whole, planned.chunk);
    return pieces.map((piece, i) => ({
      ...own,
      ...(planned.chunk !== undefined && { id: `${own.id}#${i}` }),
      text: piece,
      metadata: planned.textField === undefined ? metadata : { ...metadata, [planned.textField]: piece },
    }));
  };
}

function compileTemplate(template: string, columns: readonly FeedColumn[]): (cells: Cells) => string {
  const parsed = parseTemplate(template)!;
  const parts = parsed.columns.map((name) => {
    const index = columns.findIndex(({ source }) => source === name);
    return { index, read: textOf(columns[index]!) };
  });
  return (cells) =>
    fillTemplate(parsed, (_, i) => {
      const { index, read } = parts[i]!;
      return String(read(cells[index]!));
    })!;
}

/** The text of a cell; bytes as hex. Verification is not shown what could not be held. */
function textOf(column: FeedColumn): (value: SourceValue) => string | null {
  const read = sourceText(column);
  return (value) => {
    const text = read(value);
    return Buffer.isBuffer(text) ? text.toString('hex') : (text ?? null);
  };
}

function scalarOf(column: FeedColumn): (value: SourceValue) => Metadata[string] | null {
  const text = textOf(column);
  return (value) => {
    const held = text(value);
    if (held === null) return null;
    switch (column.type?.name ?? typeof value) {
      case 'bigint':
      case 'integer':
      case 'smallint':
        return inDouble(BigInt(held));
      case 'number':
      case 'double precision':
        return Number(held);
      case 'boolean':
        return held === 'true';
      case 'numeric':
        return decimalIn(held);
      default:
        return held;
    }
  };
}

function decimalIn(digits: string): number | string {
  const shortest = digits.includes('.') ? digits.replace(/0+$/, '').replace(/\.$/, '') : digits;
  const nearest = Number.parseFloat(digits);
  return `${nearest}` === shortest ? nearest : digits;
}

/** An integer that a double has exactly is a number there, others are their digits. */
function inDouble(value: bigint): number | string {
  const nearest = Number.parseFloat(String(value));
  return BigInt(nearest) === value ? nearest : String(value);
}

function listOf(value: SourceValue): string[] | null {
  return typeof value === 'string' ? (JSON.parse(value) as string[]) : null;
}

function chromaOf(json: SourceValue, document: SourceValue): Metadata {
  const metadata: Metadata = {};
  for (const [name, value] of Object.entries(chromaMetadata(json as string)))
    if (value !== null)
      metadata[name] = typeof value === 'bigint' ? inDouble(value) : (value as string | number | boolean | string[]);
  if (typeof document === 'string') metadata[CHROMA_DOCUMENT] = document;
  return metadata;
}

function decoded(value: SourceValue, encoding: 'float32' | 'json' | 'npy'): Float32Array {
  if (encoding === 'json') return Float32Array.from(JSON.parse(value as string) as number[]);
  let bytes = value as Buffer;
  let size = 4;
  // A numpy header is text that ends with a line.
  if (encoding === 'npy' && bytes.toString('latin1', 1, 6) === 'NUMPY') {
    const end = bytes.indexOf(0x0a);
    size = Number(/'descr': *'<f(\d)'/.exec(bytes.toString('latin1', 0, end))![1]);
    bytes = bytes.subarray(end + 1);
  }
  const values = Array.from({ length: bytes.length / size }, (_, i) =>
    size === 4 ? bytes.readFloatLE(i * 4) : size === 8 ? bytes.readDoubleLE(i * 8) : halfOf(bytes.readUInt16LE(i * 2)),
  );
  return Float32Array.from(values);
}

/** Half precision, by its powers of two. */
function halfOf(bits: number): number {
  const power = (bits >> 10) % 32;
  const size = power === 0 ? (bits % 1024) / 2 ** 24 : (1024 + (bits % 1024)) * 2 ** (power - 25);
  return bits >= 0x8000 ? -size : size;
}
