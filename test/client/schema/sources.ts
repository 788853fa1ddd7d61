import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { targetOf } from '../../../client/schema/target';
import type { Target } from '../../../client/schema/target';
import type { SourceMapping } from '../../../core/mapping';
import { resolvePlan } from '../../../core/resolve';
import { readCatalog } from '../../../stores/sqlite/catalog';
import { openSqlite } from '../../../stores/sqlite/open';
import { takeSnapshot } from '../../../stores/sqlite/snapshot';
import { makeTorture, sharedData, temporaryFolder } from '../../stores/sqlite/fixtures';
import { draftOf } from '../../support/plans';
import { planNameOf, publicDatabases, publicFolder } from '../../support/public-databases';

/** Every database that an artefact has to be right for: one with all there is, the public ones and the torture databases. */
export const everyDatabase: [name: string, target: () => Promise<Target>][] = [
  ['everything', everything],
  ...publicDatabases.map((file): [string, () => Promise<Target>] => [
    planNameOf(file),
    () => targetOfFile(path.join(publicFolder, file), planNameOf(file)),
  ]),
  ...(existsSync(sharedData('torture'))
    ? ['torture', 'torture_utf16', 'torture_integrity', 'torture_foreign', 'torture_wide'].map(
        (file): [string, () => Promise<Target>] => [
          planNameOf(file),
          () => targetOfFile(path.join(torture(), `${file}.db`), planNameOf(file)),
        ],
      )
    : []),
];

let tortureFolder: string | undefined;

function torture(): string {
  if (tortureFolder === undefined) {
    tortureFolder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-torture-'));
    makeTorture(tortureFolder);
  }
  return path.join(tortureFolder, 'out');
}

afterAll(() => {
  if (tortureFolder !== undefined) rmSync(tortureFolder, { recursive: true, force: true });
});

/** The target of the plan that nobody edited, or of what `edit` makes of it. */
export async function targetOfFile(
  file: string,
  name: string,
  edit: (mapping: SourceMapping) => void = () => {},
): Promise<Target> {
  const plan = await draftOf(file, name);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-catalog-'));
  try {
    const { path: copy } = await takeSnapshot({ source: file, destination: path.join(folder, 'copy.sqlite') });
    const db = openSqlite(copy);
    const catalog = readCatalog(db);
    db.close();
    const mappings = resolvePlan(plan, '/', { main: catalog });
    mappings.forEach(edit);
    return targetOf(mappings);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const PROVENANCE = { plan: 'test', planSha256: '0'.repeat(64) };

/** Everything that a plan can say of a table, and names of every kind. */
async function everything(): Promise<Target> {
  const file = path.join(temporaryFolder(), 'everything.sqlite');
  const db = new Database(file);
  db.exec(`
    CREATE TABLE user (id INTEGER PRIMARY KEY, "class" TEXT, constructor TEXT, "toString" TEXT, email TEXT NOT NULL UNIQUE,
      boss INTEGER REFERENCES user, team INTEGER REFERENCES team ON DELETE SET NULL, width REAL, height REAL, area REAL, photo BLOB,
      note TEXT DEFAULT 'a \`tick\`, \${x} and \\', at DATETIME DEFAULT CURRENT_TIMESTAMP);
    CREATE TABLE team (id INTEGER PRIMARY KEY, lead INTEGER NOT NULL REFERENCES user ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE match (home INTEGER REFERENCES team, away INTEGER REFERENCES team, day TEXT, PRIMARY KEY (home, away, day));
    CREATE TABLE goal (home INTEGER, away INTEGER, day TEXT, minute INTEGER,
      FOREIGN KEY (home, away, day) REFERENCES match ON DELETE CASCADE);
    CREATE TABLE profile (user INTEGER PRIMARY KEY REFERENCES user, likes TEXT);
    CREATE TABLE "a b" (x INTEGER); CREATE TABLE "a_b" ("x y" INTEGER, "x_y" INTEGER, "x-y" INTEGER); CREATE TABLE "a-b" (x INTEGER);
    CREATE TABLE relations (id INTEGER PRIMARY KEY); CREATE TABLE "delete" ("default" TEXT); CREATE TABLE text (sql TEXT);
    CREATE TABLE "\u{1f600}" ("\u{1f600}" TEXT, "\u{1f601}" TEXT, "9lives" TEXT); CREATE TABLE "*/ end; \`\${1}\`" (x TEXT);
    CREATE TABLE big (n DECIMAL(30, 10), v VARCHAR(7), u TEXT, j JSON, d DATE, b BOOLEAN);
    INSERT INTO big VALUES ('1.5', 'x', '', '{"a": 1}', '2020-01-01', 1);`);
  db.close();
  return await targetOfFile(file, 'everything', (mapping) => {
    const user = mapping.tables.find(({ table }) => table === 'user')!;
    user.columns.find(({ source }) => source === 'area')!.generated = '"width" * "height"';
    user.columns.find(({ source }) => source === 'email')!.collation = 'C';
    user.checks.push(
      { name: 'wide "enough"', sql: '"width" > 0' },
      { name: 'tall', sql: '"height" > 0', validate: false },
    );
    user.indexes.push(
      { name: 'user_named', unique: true, columns: [{ column: 'class' }], where: '"class" IS NOT NULL' },
      {
        name: 'user_mail',
        columns: [
          { expression: 'lower("email")', descending: true },
          { column: 'id', descending: true },
        ],
      },
      { name: 'user_words', using: 'gin', columns: [{ expression: `to_tsvector('simple', "note")` }] },
      { name: 'user_hash', using: 'hash', columns: [{ column: 'constructor' }] },
    );
    mapping.views.push({
      source: mapping.source,
      view: 'leads',
      schema: mapping.schema,
      target: 'leads',
      ifExists: 'error',
      sql: 'SELECT "user"."email" FROM "user" JOIN "team" ON "team"."lead" = "user"."id" -- who leads',
      origin: '',
    });
  });
}
