import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import { fingerprint } from '../../stores/postgres/fingerprint';
import { withClient } from '../../stores/postgres/target';

/**
 * All of a database but sqlift's ledger: its schemas by name, a digest of everything in them with all rows, and what pg_dump says
 * of its structure where this machine has one that is as new as the server.
 */
export async function targetState(pool: Pool, url: string): Promise<Record<string, unknown>> {
  return {
    ...(await withClient(pool, async (client) => {
      const { rows: schemas } = await client.query<{ name: string }>(
        `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'sqlift') ORDER BY 1`,
      );
      const { rows: tables } = await client.query<{ schema: string; name: string }>(
        `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'sqlift') ORDER BY 1, 2`,
      );
      const names = schemas.map(({ name }) => name);
      return { schemas: names, tables, digest: await fingerprint(client, { schemas: names, tables }) };
    })),
    dump: await schemaDump(url),
  };
}

async function schemaDump(url: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('pg_dump', ['--schema-only', '--exclude-schema=sqlift', url]);
    // The key of \\restrict is another one each time.
    return stdout.replace(/^\\(un)?restrict .*$/gm, '');
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT' || /server version mismatch/.test(stderr ?? '')) return undefined;
    throw error;
  }
}
