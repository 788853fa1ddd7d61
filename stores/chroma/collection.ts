import path from 'node:path';
import type { Database, Statement } from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import { openSqlite } from '../sqlite/open';
import { readHnsw } from './hnsw';
import type { HnswIndex } from './hnsw';

/** A value of Chroma's metadata, with its type. */
export type ChromaScalar = string | bigint | number | boolean;
export type ChromaValue = ChromaScalar | ChromaScalar[];

export interface ChromaRecord {
  id: string;
  document: string | null;
  metadata: Map<string, ChromaValue>;
  /** Undefined where the folder holds none for this id. */
  embedding: Float32Array | undefined;
}

/** Operations of the queue, as Chroma numbers them. */
const ADD = 0n;
const UPDATE = 1n;
const UPSERT = 2n;
const DELETE = 3n;

const DOCUMENT = 'chroma:document';

/** How far a number of a unit vector may be off after it was multiplied by its length again. */
const ROUNDING = 1e-5;

interface Operation {
  seq: bigint;
  operation: bigint;
  id: string;
}

/**
 * Reads a collection of a Chroma folder (0.4 to 1.5), of a copy that nobody writes to. What the metadata segment has taken in stands in tables; what the index has
 * taken in stands in its files; what came later stands in the queue, and is replayed in order, deletes and updates included. Where the queue still
 * has the vector that the index was given, it is taken from there: of a collection by cosine, the index has it rounded.
 *
 * @throws SqliftError PlanStale where there is no such collection; SourceUnreadable
 */
export function* readCollection(folder: string, collection: string): Generator<ChromaRecord, void> {
  const db = openSqlite(path.join(folder, 'chroma.sqlite3'));
  try {
    const found = new Collection(db, folder, collection);
    yield* found.records();
  } finally {
    db.close();
  }
}

/** Names of the collections of a folder. */
export function collectionsOf(db: Database): string[] {
  return db.prepare<[], string>('SELECT name FROM collections ORDER BY name').pluck().all() as string[];
}

class Collection {
  readonly #id: string;
  readonly #dimension: number;
  readonly #topic: string;
  readonly #statements = new Map<string, Statement<[bigint], MetadataRow>>();
  #arrays: boolean | undefined;

  constructor(
    private readonly db: Database,
    private readonly folder: string,
    name: string,
  ) {
    if (!this.#hasTable('collections') || !this.#hasTable('embeddings_queue'))
      throw new SqliftError('SourceUnreadable', `${folder} is no Chroma folder of a known version`, { file: folder });
    const found = db
      .prepare<[string], { id: string; dimension: bigint | null }>(
        'SELECT id, dimension FROM collections WHERE name = ?',
      )
      .all(name);
    if (found.length === 0)
      throw new SqliftError(
        'PlanStale',
        `${folder} has no collection ${name}; it has ${collectionsOf(db).join(', ')}`,
        {
          file: folder,
        },
      );
    if (found.length > 1)
      throw new SqliftError('PlanInvalid', `${folder} has several collections ${name}, in several databases`, {
        file: folder,
      });
    this.#id = found[0]!.id;
    this.#dimension = Number(found[0]!.dimension ?? 0n);
    this.#topic = `%/${this.#id}`;
  }

  *records(): Generator<ChromaRecord, void> {
    const index = this.#index();
    const vectors = this.#vectors(index);
    const segment = this.#segment('METADATA');
    const later = this.#operationsAfter(this.#maxSeq(segment) ?? -1n);
    const vector = this.db.prepare<[bigint], { vector: Buffer | null; encoding: string | null }>(
      'SELECT vector, encoding FROM embeddings_queue WHERE seq_id = ?',
    );
    const embeddingOf = (id: string): Float32Array | undefined => {
      const place = vectors.get(id);
      if (place === undefined) return undefined;
      return place === IN_INDEX ? index!.vector(id) : float32Of(vector.get(place));
    };
    const rows = this.db
      .prepare<[string], { key: bigint; id: string }>(
        'SELECT id AS key, embedding_id AS id FROM embeddings WHERE segment_id = ? ORDER BY id',
      )
      .all(segment ?? '');
    for (const { key, id } of rows) {
      const operations = later.get(id);
      later.delete(id);
      const fields = this.#replayed(this.#metadata(key), operations);
      if (fields !== undefined) yield recordOf(id, fields, embeddingOf(id));
    }
    for (const [id, operations] of later) {
      const fields = this.#replayed(undefined, operations);
      if (fields !== undefined) yield recordOf(id, fields, embeddingOf(id));
    }
  }

  /** Where the vector of each id is: in the index, or in the queue under a number. */
  #vectors(index: HnswIndex | undefined): Map<string, Place> {
    const places = new Map<string, Place>();
    for (const id of index?.ids ?? []) places.set(id, IN_INDEX);
    const taken = index === undefined ? -1n : (index.maxSeqId ?? this.#maxSeq(this.#segment('VECTOR')) ?? -1n);
    const queue = this.db
      .prepare<[string], Operation & { vector: Buffer | null; encoding: string | null }>(
        'SELECT seq_id AS seq, operation, id, vector, encoding FROM embeddings_queue WHERE topic LIKE ? ORDER BY seq_id',
      )
      .iterate(this.#topic);
    for (const { seq, operation, id, ...value } of queue) {
      const held = places.get(id);
      const given = float32Of(value);
      if (seq <= taken) {
        // The index tells which of them it took.
        if (held !== undefined && given !== undefined && isRounded(given, index!.vector(id))) places.set(id, seq);
      } else if (operation === DELETE) places.delete(id);
      else if (given !== undefined && isApplied(operation, held !== undefined)) places.set(id, seq);
    }
    return places;
  }

  #index(): HnswIndex | undefined {
    const segment = this.#segment('VECTOR');
    if (segment === undefined || this.#dimension === 0) return undefined;
    // It names a folder: one that is no id could lead anywhere.
    if (!/^[0-9a-f-]{36}$/.test(segment))
      throw new SqliftError('SourceCorrupt', 'a segment of the Chroma database has no id', { file: this.folder });
    return readHnsw(path.join(this.folder, segment), this.#dimension, this.#space() === 'cosine');
  }

  /** The collection's distance: by its metadata, else by its configuration, which newer versions keep as JSON. */
  #space(): string {
    const told = this.db
      .prepare<[string], string>(
        `SELECT str_value FROM collection_metadata WHERE collection_id = ? AND key = 'hnsw:space'`,
      )
      .pluck()
      .get(this.#id) as string | undefined;
    if (told !== undefined) return told;
    const row = this.db
      .prepare<[string], Record<string, unknown>>('SELECT * FROM collections WHERE id = ?')
      .get(this.#id)!;
    for (const json of [row.schema_str, row.config_json_str]) {
      const space = typeof json === 'string' ? /"space"\s*:\s*"(\w+)"/.exec(json)?.[1] : undefined;
      if (space !== undefined) return space;
    }
    return 'l2';
  }

  #segment(scope: 'VECTOR' | 'METADATA'): string | undefined {
    const statement = this.db.prepare<[string, string], string>(
      'SELECT id FROM segments WHERE collection = ? AND scope = ?',
    );
    return statement.pluck().get(this.#id, scope) as string | undefined;
  }

  /** Number of the last operation that a segment has taken in; older versions keep it as big-endian bytes. */
  #maxSeq(segment: string | undefined): bigint | undefined {
    const statement = this.db.prepare<[string], bigint | Buffer>('SELECT seq_id FROM max_seq_id WHERE segment_id = ?');
    const found = statement.pluck().get(segment ?? '') as bigint | Buffer | null | undefined;
    return Buffer.isBuffer(found) ? BigInt(`0x${found.toString('hex')}`) : (found ?? undefined);
  }

  #operationsAfter(seq: bigint): Map<string, (Operation & { metadata: string | null })[]> {
    const operations = new Map<string, (Operation & { metadata: string | null })[]>();
    const rows = this.db
      .prepare<[string, bigint], Operation & { metadata: string | null }>(
        'SELECT seq_id AS seq, operation, id, metadata FROM embeddings_queue WHERE topic LIKE ? AND seq_id > ? ORDER BY seq_id',
      )
      .iterate(this.#topic, seq);
    for (const row of rows) {
      const own = operations.get(row.id);
      if (own === undefined) operations.set(row.id, [row]);
      else own.push(row);
    }
    return operations;
  }

  /** A record's metadata after the operations; undefined where there is no record. */
  #replayed(
    fields: Map<string, ChromaValue> | undefined,
    operations: readonly (Operation & { metadata: string | null })[] = [],
  ): Map<string, ChromaValue> | undefined {
    let now = fields;
    for (const { operation, metadata } of operations) {
      if (operation === DELETE) now = undefined;
      else if (isApplied(operation, now !== undefined)) {
        now ??= new Map();
        // A key that is set to null goes.
        for (const [key, value] of this.#parsed(metadata)) {
          if (value === null) now.delete(key);
          else now.set(key, value);
        }
      }
    }
    return now;
  }

  /** SQLite's JSON keeps integers of 64 bits. */
  #parsed(json: string | null): [string, ChromaValue | null][] {
    if (json === null) return [];
    const members = this.db.prepare<[string], JsonMember>('SELECT key, type, value FROM json_each(?)').all(json);
    return members.map((member) => {
      if (member.type !== 'array') return [String(member.key), scalarOf(member)];
      const items = this.#parsed(String(member.value)).map(([, item]) => item);
      return [String(member.key), items.filter((item) => item !== null) as ChromaScalar[]];
    });
  }

  #metadata(key: bigint): Map<string, ChromaValue> {
    const columns = 'key, string_value AS string, int_value AS int, float_value AS float, bool_value AS bool';
    const fields = new Map<string, ChromaValue>();
    for (const row of this.#prepared(`SELECT ${columns} FROM embedding_metadata WHERE id = ? ORDER BY rowid`).all(
      key,
    )) {
      const value = columnValue(row);
      if (value !== undefined) fields.set(row.key, value);
    }
    if (!this.#hasArrays()) return fields;
    for (const row of this.#prepared(`SELECT ${columns} FROM embedding_metadata_array WHERE id = ? ORDER BY rowid`).all(
      key,
    )) {
      const value = columnValue(row);
      const list = fields.get(row.key);
      if (value === undefined) continue;
      if (Array.isArray(list)) list.push(value);
      else fields.set(row.key, [value]);
    }
    return fields;
  }

  #prepared(sql: string): Statement<[bigint], MetadataRow> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.db.prepare<[bigint], MetadataRow>(sql)));
    return statement;
  }

  #hasArrays(): boolean {
    return (this.#arrays ??= this.#hasTable('embedding_metadata_array'));
  }

  #hasTable(name: string): boolean {
    return this.db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`).get(name) !== undefined;
  }
}

const IN_INDEX = 'index';
type Place = bigint | typeof IN_INDEX;

interface JsonMember {
  key: string | bigint;
  type: string;
  value: string | bigint | number | null;
}

interface MetadataRow {
  key: string;
  string: string | null;
  int: bigint | null;
  float: number | null;
  bool: bigint | null;
}

/** Adding what is there, and updating what is not, do nothing in Chroma. */
function isApplied(operation: bigint, exists: boolean): boolean {
  return operation === UPSERT || (operation === ADD ? !exists : operation === UPDATE && exists);
}

function scalarOf({ type, value }: JsonMember): ChromaScalar | null {
  if (type === 'true' || type === 'false') return type === 'true';
  return value;
}

function columnValue({ string, int, float, bool }: MetadataRow): ChromaScalar | undefined {
  return string ?? int ?? float ?? (bool === null ? undefined : bool !== 0n);
}

function recordOf(id: string, fields: Map<string, ChromaValue>, embedding: Float32Array | undefined): ChromaRecord {
  const document = fields.get(DOCUMENT);
  fields.delete(DOCUMENT);
  return { id, document: typeof document === 'string' ? document : null, metadata: fields, embedding };
}

function float32Of(row: { vector: Buffer | null; encoding: string | null } | undefined): Float32Array | undefined {
  const { vector, encoding } = row ?? {};
  if (vector == null || encoding !== 'FLOAT32' || vector.length % 4 !== 0) return undefined;
  return Float32Array.from({ length: vector.length / 4 }, (_, i) => vector.readFloatLE(i * 4));
}

function isRounded(given: Float32Array, held: Float32Array | undefined): boolean {
  if (held?.length !== given.length) return false;
  let square = 0;
  for (const value of given) square += value * value;
  const most = ROUNDING * Math.sqrt(square);
  return given.every((value, i) => Math.abs(value - held[i]!) <= most);
}
