import { Pool } from 'pg';
import { sqlArtefact } from '../../../client/schema/sql';
import { catalogLines } from '../../support/catalog';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { everyDatabase, PROVENANCE, targetOfFile } from './sources';

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

(everyDatabase.length > 0 ? test : test.skip).each(everyDatabase)(
  '%s: the statements make every table in an empty database, in one go',
  async (name, file) => {
    const target = await targetOfFile(file(), name);
    const [{ text } = { text: '' }] = sqlArtefact(target, PROVENANCE);
    await pool.query(`BEGIN;\n${text}`);
    const lines = await catalogLines(pool, target.schemas);
    await pool.query('COMMIT');
    const made = (start: string) => lines.filter((line) => line.startsWith(start)).length;
    expect(made('r ')).toBe(target.tables.length);
    expect(made('column ')).toBe(target.tables.reduce((sum, table) => sum + table.columns.length, 0));
    const indexes = target.tables.map((t) => t.indexes.length + t.unique.length + (t.primaryKey ? 1 : 0));
    expect(made('i ')).toBe(indexes.reduce((sum, count) => sum + count, 0));
    const foreign = lines.filter((line) => /^constraint .* FOREIGN KEY /s.test(line)).length;
    expect(foreign).toBe(target.tables.reduce((sum, table) => sum + table.foreignKeys.length, 0));
  },
);
