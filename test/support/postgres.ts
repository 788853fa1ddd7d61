import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { serverAddress } from './servers';

/** A database of one test file. */
export interface TestDatabase {
  url: string;
  name: string;
  /** Ends whoever is still connected and removes it. Repeatable. */
  drop(): Promise<void>;
}

/** Template of every test database, made by whichever test file is first. */
const TEMPLATE = 'sqlift_template';

/** Serialises making and cloning the template: PostgreSQL refuses to clone a database that is in use. */
const TEMPLATE_LOCK = 7_411_002;

/**
 * A new database, cloned from the run's template (UTF-8, empty). Call it in `beforeAll`, and `drop` in `afterAll`.
 */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdministrator(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${TEMPLATE} IS_TEMPLATE true TEMPLATE template0`);
    await client.query(`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${TEMPLATE}`);
  });
  return {
    url: urlOf(name),
    name,
    drop: () =>
      asAdministrator((client) => client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`)),
  };
}

async function asAdministrator(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(serverAddress('SQLIFT_TEST_POSTGRES_URL'));
  url.pathname = `/${database}`;
  return url.href;
}
