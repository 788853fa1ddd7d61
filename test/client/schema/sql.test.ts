import { Pool } from 'pg';
import { sqlArtefact } from '../../../client/schema/sql';
import { catalogLines } from '../../support/catalog';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { everyDatabase, PROVENANCE } from './sources';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = new Pool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test.each(everyDatabase)(
  '%s: the statements make every table in an empty database, in one go',
  async (_name, targetOf) => {
    const target = await targetOf();
    const [{ text } = { text: '' }] = sqlArtefact(target, PROVENANCE);
    await pool.query(text);
    const lines = await catalogLines(pool, target.schemas);
    const made = (start: string) => lines.filter((line) => line.startsWith(start)).length;
    expect(made('r ')).toBe(target.tables.length);
    expect(made('column of r ')).toBe(target.tables.reduce((sum, table) => sum + table.columns.length, 0));
    const indexes = target.tables.map((t) => t.indexes.length + t.unique.length + (t.primaryKey ? 1 : 0));
    expect(made('i ')).toBe(indexes.reduce((sum, count) => sum + count, 0));
    expect(made('v ')).toBe(target.views.length);
    expect(lines.filter((line) => /^constraint .* CHECK /s.test(line)).length).toBe(
      target.tables.reduce((sum, table) => sum + table.checks.length, 0),
    );
    const foreign = lines.filter((line) => /^constraint .* FOREIGN KEY /s.test(line)).length;
    expect(foreign).toBe(target.tables.reduce((sum, table) => sum + table.foreignKeys.length, 0));
  },
);
