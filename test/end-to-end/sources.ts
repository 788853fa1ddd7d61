import type Database from 'better-sqlite3';

/** Sources of the end-to-end tests. */

/** A table `events` of so many rows of about 110 bytes. */
export function manyEvents(db: Database.Database, rows: number): void {
  db.exec('CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, weight REAL, note TEXT)');
  db.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO events SELECT i, 'kind ' || (i % 17), i / 8.0, printf('%080d', i * 7919) FROM n`);
}

/** Two tables with a key between them. */
export function shop(db: Database.Database): void {
  db.exec(`
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), total REAL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO customers SELECT i, 'customer ' || i, 'city ' || (i % 7) FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    INSERT INTO orders SELECT i, 1 + i % 200, i * 1.25 FROM n;`);
}

/** So many small tables of ten rows. */
export function manyTables(db: Database.Database, tables: number): void {
  for (let number = 1; number <= tables; number++)
    db.exec(`
      CREATE TABLE part_${number} (id INTEGER PRIMARY KEY, name TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
      INSERT INTO part_${number} SELECT i, 'row ' || i FROM n;`);
}
