import { Pool } from 'pg';
import type { ClientBase, PoolClient } from 'pg';
import { SqliftError } from '../../core/errors';
import { connectError, targetError } from './errors';

/**
 * A connection pool to one PostgreSQL target. Every session has the settings that sqlift's reading and writing rely on:
 * UTC, ISO dates, shortest exact floats, hex bytea, no statement timeout, and an empty search path, so that every name in
 * our SQL is qualified and nobody's functions are picked up by accident.
 */
export function openTarget(url: string, options: { max?: number } = {}): Pool {
  const pool = new Pool({
    connectionString: url,
    max: options.max ?? 8,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'sqlift',
    options: [
      'client_encoding=UTF8',
      'TimeZone=UTC',
      'DateStyle=ISO,YMD',
      'IntervalStyle=iso_8601',
      'extra_float_digits=1',
      'bytea_output=hex',
      'statement_timeout=0',
      'idle_in_transaction_session_timeout=0',
      'search_path=pg_catalog',
    ]
      .map((setting) => `-c ${setting}`)
      .join(' '),
  });
  // An idle connection that breaks is replaced by the pool, one in use fails its query; without listeners, which the pool has on
  // idle ones only, either would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Runs `work` with one connection of the pool; errors come out as SqliftErrors where they are of the target's making. */
export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw connectError(error);
  }
  let broken = false;
  try {
    return await work(client);
  } catch (error) {
    const known = targetError(error);
    broken = known instanceof SqliftError && known.code === 'TargetUnreachable';
    throw known;
  } finally {
    client.release(broken);
  }
}

/** The same in one transaction: committed when `work` returns, rolled back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return transaction(pool, 'BEGIN', work);
}

/**
 * A transaction whose commit does not wait for the disk: a server that crashes soon after may come back without it, whole or not at all.
 * For what whoever repeats it would find missing. The next usual commit, on whatever connection, makes all of those before it durable.
 */
export async function inQuickTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return transaction(pool, 'BEGIN; SET LOCAL synchronous_commit = off', work);
}

/** The same of statements without parameters, sent as one message: most of what a short statement takes is its way there and back. */
export async function quickly(pool: Pool, statements: readonly string[]): Promise<void> {
  // A comment at the end of one must not reach the next.
  await inQuickTransaction(pool, (client) => client.query(statements.join(';\n')));
}

function transaction<T>(pool: Pool, begin: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withClient(pool, async (client) => {
    await client.query(begin);
    try {
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // A connection that cannot even do this is of no use to whoever the pool would give it next.
      await client.query('ROLLBACK').catch((reason: unknown) => {
        throw new SqliftError(
          'TargetUnreachable',
          'PostgreSQL does not answer (the connection broke)',
          {},
          { cause: [error, reason] },
        );
      });
      throw error;
    }
  });
}

/** What both a pool and a client can do. */
export type Queryable = Pick<ClientBase, 'query'>;
