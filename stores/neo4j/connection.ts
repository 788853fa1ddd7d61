import neo4j from 'neo4j-driver';
import type { Driver, ManagedTransaction } from 'neo4j-driver';
import type { Connections } from '../connections';
import { neo4jError } from './errors';

export type Row = Record<string, unknown>;
/** Runs a statement. Integers go in and come out as bigints. */
export type Query = <T extends object = Row>(cypher: string, parameters?: object) => Promise<T[]>;

/** Retries inside of an activity; what takes longer, Temporal repeats. */
const RETRY_MS = 10_000;
/** Records that the driver holds ahead of whoever reads them. */
const FETCH = 2_000;

/** One driver of the process for one database. Errors come out as SqliftErrors. */
export class Neo4jClient {
  readonly #driver: Driver;
  readonly #database: string;

  constructor({ uri, username, password, database = 'neo4j' }: NonNullable<Connections['neo4j']>) {
    const auth = password === undefined ? undefined : neo4j.auth.basic(username ?? 'neo4j', password);
    this.#database = database;
    this.#driver = neo4j.driver(uri, auth, {
      useBigInt: true,
      maxTransactionRetryTime: RETRY_MS,
      connectionAcquisitionTimeout: 30_000,
      connectionTimeout: 10_000,
      maxConnectionPoolSize: 32,
      telemetryDisabled: true,
    });
  }

  /** One statement in a transaction of its own: of the schema, or reading. */
  run: Query = async <T extends object>(cypher: string, parameters: object = {}) => {
    const session = this.#driver.session({ database: this.#database });
    try {
      const { records } = await session.run(cypher, parameters);
      return records.map((record) => record.toObject() as T);
    } catch (error) {
      throw neo4jError(error);
    } finally {
      await session.close().catch(() => {});
    }
  };

  /** Several statements in one transaction, which may be tried several times. */
  async write<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const session = this.#driver.session({ database: this.#database });
    try {
      return await session.executeWrite((tx) => work(queryOf(tx)));
    } catch (error) {
      throw neo4jError(error);
    } finally {
      await session.close().catch(() => {});
    }
  }

  /** The records of a statement, a few at a time. */
  async *stream<T extends object = Row>(cypher: string, parameters: object = {}): AsyncGenerator<T, void> {
    const session = this.#driver.session({ database: this.#database, fetchSize: FETCH });
    try {
      const result = session.run(cypher, parameters);
      for await (const record of result) yield record.toObject() as T;
    } catch (error) {
      throw neo4jError(error);
    } finally {
      await session.close().catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.#driver.close();
  }
}

const queryOf =
  (tx: ManagedTransaction): Query =>
  async <T extends object>(cypher: string, parameters: object = {}) => {
    const { records } = await tx.run(cypher, parameters);
    return records.map((record) => record.toObject() as T);
  };
