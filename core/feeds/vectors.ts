import { FeedCells, RowRefused } from './cells';
import type { Made, MakeEntries, Property, VectorEntry } from './entry';
import type { VectorFeed } from './feed';
import { chunkText } from './chunk-text';
import { idOf } from './id';
import { metadataBytes, metadataOf, PINECONE } from './metadata';
import { vectorOf } from './vector-value';
import { weightOf } from './weight';
import { CHROMA_DOCUMENT, chromaMetadata } from './chroma';

/** Vectors, or texts to embed, of each row. Without a dimension in the plan, that of the first vector is the feed's. */
export function compileVectors(feed: VectorFeed): MakeEntries {
  const { planned } = feed;
  const cells = new FeedCells(feed.columns);
  const id = cells.text(planned.id ?? '{id}');
  const namespace = planned.namespace === undefined ? () => '' : cells.text(planned.namespace);
  const texts = compileTexts(feed, cells);
  const values = compileValues(feed, cells);
  const metadata = compileMetadata(feed, cells);
  return (row) => {
    const own = { id: id(row), namespace: namespace(row) };
    if (!isIdentifier(own.namespace, 0)) throw new RowRefused('not a value that its store holds');
    const fields = metadata(row);
    const vector = values(row);
    const pieces = texts(row);
    const made = pieces.map((text, piece): Made<VectorEntry> => {
      const entry: VectorEntry = {
        ...own,
        id: planned.chunk === undefined ? own.id : `${own.id}#${piece}`,
        ...(text !== undefined && { text }),
        ...(vector !== undefined && { values: vector }),
        metadata: metadataOf(
          text !== undefined && planned.textField !== undefined ? { ...fields, [planned.textField]: text } : fields,
        ),
      };
      if (entry.id.length > PINECONE.idLength || metadataBytes(entry.metadata) > PINECONE.metadataBytes)
        throw new RowRefused('too large for its store');
      if (!isIdentifier(entry.id, 1)) throw new RowRefused('not a value that its store holds');
      const bytes = (vector?.byteLength ?? 0) + (text?.length ?? 0) + weightOf(row) / pieces.length;
      return { id: idOf([entry.namespace, entry.id]), entry, bytes: Math.ceil(bytes) };
    });
    return made;
  };
}

/** Pinecone takes ASCII without NUL for ids and namespaces. */
function isIdentifier(text: string, least: number): boolean {
  return text.length >= least && text.length <= PINECONE.idLength && /^[\x01-\x7f]*$/.test(text);
}

type Row = Parameters<MakeEntries>[0];

/** The texts that a row is embedded as; one that is none for a row with a vector. */
function compileTexts(
  { planned: { text, chunk } }: VectorFeed,
  cells: FeedCells,
): (row: Row) => (string | undefined)[] {
  if (text === undefined) return () => [undefined];
  const read = cells.text(text, 'no text to embed');
  return (row) => {
    const whole = read(row);
    if (whole.trim() === '') throw new RowRefused('no text to embed');
    return chunk === undefined ? [whole] : chunkText(whole, chunk);
  };
}

function compileValues({ planned, rows }: VectorFeed, cells: FeedCells): (row: Row) => Float32Array | undefined {
  const { column, encoding } =
    rows.from === 'chroma' ? { column: 'embedding', encoding: 'float32' as const } : (planned.vector ?? {});
  if (column === undefined || encoding === undefined) return () => undefined;
  const read = cells.value(column);
  let { dimension } = planned;
  return (row) => {
    const vector = vectorOf(read(row), encoding);
    if (vector === undefined) throw new RowRefused('not a vector', column);
    dimension ??= vector.length;
    if (vector.length !== dimension || dimension > PINECONE.dimension)
      throw new RowRefused('wrong number of dimensions', column);
    return vector;
  };
}

function compileMetadata({ planned, rows }: VectorFeed, cells: FeedCells): (row: Row) => Record<string, Property> {
  if (rows.from !== 'chroma') return cells.fields(planned.metadata ?? {});
  const [own, document] = [cells.value('metadata'), cells.value('document')];
  return (row) => {
    const text = document(row);
    return { ...chromaMetadata(own(row) as string), ...(text !== null && { [CHROMA_DOCUMENT]: text }) };
  };
}
