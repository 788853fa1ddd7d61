import type { Database, Statement } from 'better-sqlite3';

/** The indexes of the server and the namespaces of each. */

export const METRICS = ['cosine', 'dotproduct', 'euclidean'] as const;
export type Metric = (typeof METRICS)[number];

export interface IndexSettings {
  name: string;
  dimension: number;
  metric: Metric;
  cloud: string;
  region: string;
  deletionProtection: 'enabled' | 'disabled';
  tags: Record<string, string>;
}

export interface Index extends IndexSettings {
  key: number;
}

export interface Namespace {
  key: number;
  name: string;
  /** As it was given when the namespace was created; it restricts nothing here. */
  schema: unknown;
  records: number;
}

interface IndexRow {
  key: number;
  name: string;
  dimension: number;
  metric: Metric;
  cloud: string;
  region: string;
  deletion_protection: 'enabled' | 'disabled';
  tags: string;
}

interface NamespaceRow {
  key: number;
  name: string;
  schema: string | null;
  records: number;
}

const NAMESPACES = `
  SELECT key, name, schema, (SELECT count(*) FROM records WHERE namespace = namespaces.key) AS records
  FROM namespaces WHERE "index" = ?`;

export class Catalog {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      indexes: db.prepare('SELECT * FROM indexes ORDER BY name') as Statement<[], IndexRow>,
      index: db.prepare('SELECT * FROM indexes WHERE name = ?') as Statement<[string], IndexRow>,
      addIndex: db.prepare(
        `INSERT INTO indexes (name, dimension, metric, cloud, region, deletion_protection, tags)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      ),
      configureIndex: db.prepare('UPDATE indexes SET deletion_protection = ?, tags = ? WHERE key = ?'),
      removeIndex: db.prepare('DELETE FROM indexes WHERE key = ?'),
      countWrite: db.prepare('UPDATE indexes SET writes = writes + 1 WHERE key = ? RETURNING writes').pluck(),
      writes: db.prepare('SELECT writes FROM indexes WHERE key = ?').pluck(),
      namespaceKey: db.prepare('SELECT key FROM namespaces WHERE "index" = ? AND name = ?').pluck(),
      namespaces: db.prepare(`${NAMESPACES} ORDER BY name`) as Statement<[number], NamespaceRow>,
      namespace: db.prepare(`${NAMESPACES} AND name = ?`) as Statement<[number, string], NamespaceRow>,
      addNamespace: db.prepare(
        'INSERT INTO namespaces ("index", name, schema) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      ),
      removeNamespace: db.prepare('DELETE FROM namespaces WHERE key = ?'),
    };
  }

  indexes(): Index[] {
    return this.#statements.indexes.all().map(indexOf);
  }

  index(name: string): Index | undefined {
    const row = this.#statements.index.get(name);
    return row && indexOf(row);
  }

  /** False when there is one of this name. */
  addIndex({ name, dimension, metric, cloud, region, deletionProtection, tags }: IndexSettings): boolean {
    const row = [name, dimension, metric, cloud, region, deletionProtection, JSON.stringify(tags)];
    return this.#statements.addIndex.run(...row).changes === 1;
  }

  configureIndex({ key, deletionProtection, tags }: Index): void {
    this.#statements.configureIndex.run(deletionProtection, JSON.stringify(tags), key);
  }

  /** With everything in it. */
  removeIndex(key: number): void {
    this.#statements.removeIndex.run(key);
  }

  /** Counts one more write to the index, and gives its number: Pinecone's log sequence number. */
  countWrite(index: number): number {
    return this.#statements.countWrite.get(index) as number;
  }

  writes(index: number): number {
    return this.#statements.writes.get(index) as number;
  }

  /** In the order of their names' bytes. */
  namespaces(index: number): Namespace[] {
    return this.#statements.namespaces.all(index).map(namespaceOf);
  }

  namespace(index: number, name: string): Namespace | undefined {
    const row = this.#statements.namespace.get(index, name);
    return row && namespaceOf(row);
  }

  namespaceKey(index: number, name: string): number | undefined {
    return this.#statements.namespaceKey.get(index, name) as number | undefined;
  }

  /** False when there is one of this name. */
  addNamespace(index: number, name: string, schema?: unknown): boolean {
    return (
      this.#statements.addNamespace.run(index, name, schema === undefined ? null : JSON.stringify(schema)).changes === 1
    );
  }

  /** With its records. */
  removeNamespace(key: number): void {
    this.#statements.removeNamespace.run(key);
  }
}

const indexOf = ({ deletion_protection, tags, ...row }: IndexRow): Index => ({
  ...row,
  deletionProtection: deletion_protection,
  tags: JSON.parse(tags) as Record<string, string>,
});

const namespaceOf = ({ schema, ...row }: NamespaceRow): Namespace => ({
  ...row,
  schema: schema === null ? undefined : JSON.parse(schema),
});
