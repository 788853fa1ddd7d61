import { carryDefault } from '../../core/defaults';
import { affinityOf } from '../../core/source';

/** Declared type, DEFAULT as SQLite gives it, chosen type, PostgreSQL’s SQL. */
test.each<[declared: string, text: string, type: string, sql: string | undefined]>([
  ['INTEGER', '0', 'bigint', '0'],
  ['INTEGER', '-5', 'bigint', '-5'],
  ['INTEGER', '+7', 'bigint', '7'],
  ['INTEGER', '((42))', 'bigint', '42'],
  ['INTEGER', '0x1F', 'bigint', '31'],
  ['INTEGER', '0xFFFFFFFFFFFFFFFF', 'bigint', '-1'],
  ['INTEGER', "'12'", 'bigint', '12'],
  ['INTEGER', '1.0', 'bigint', '1'],
  ['INTEGER', 'TRUE', 'bigint', '1'],
  ['INTEGER', 'NULL', 'bigint', undefined],
  ['REAL', '1', 'double precision', '1'],
  ['REAL', '.5', 'double precision', '0.5'],
  ['REAL', '-1e3', 'double precision', '-1000'],
  ['DECIMAL(5,2)', '4.99', 'numeric(5,2)', '4.99'],
  ['BOOLEAN', '0', 'boolean', 'false'],
  ['BOOLEAN', '1', 'boolean', 'true'],
  ['BOOLEAN', 'FALSE', 'boolean', 'false'],
  ['BOOLEAN', "'yes'", 'boolean', 'true'],
  ['TEXT', "'it''s \\n'", 'text', "'it''s \\n'"],
  ['TEXT', '"double quoted"', 'text', "'double quoted'"],
  ['TEXT', 'draft', 'text', "'draft'"],
  ['TEXT', "''", 'text', "''"],
  ['TEXT', '0', 'text', "'0'"],
  ['TEXT', '1.0', 'text', "'1.0'"],
  ['VARCHAR(3)', "'abc'", 'varchar(3)', "'abc'"],
  ['BLOB', "X'00fF'", 'bytea', "'\\x00ff'::bytea"],
  ['DATE', "'2024-02-29'", 'date', "'2024-02-29'"],
  ['DATETIME', "'2024-02-29 10:00'", 'timestamp', "'2024-02-29 10:00'"],
  ['DATETIME', 'CURRENT_TIMESTAMP', 'timestamp', "date_trunc('second', CURRENT_TIMESTAMP AT TIME ZONE 'UTC')"],
  ['DATETIME', '(current_timestamp)', 'timestamptz', "date_trunc('second', CURRENT_TIMESTAMP)"],
  ['DATE', 'CURRENT_DATE', 'date', "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')::date"],
  ['TEXT', 'CURRENT_TIMESTAMP', 'text', "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"],
  ['VARCHAR(8)', 'CURRENT_TIME', 'varchar(8)', "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'HH24:MI:SS')"],
  ['INTEGER', '(1+1)', 'bigint', '2'],
  ['TEXT', "(datetime('now'))", 'text', "to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"],
  ['TEXT', "('a' || 'b')", 'text', "('a' || 'b')"],
  ['JSON', "'{}'", 'jsonb', "'{}'"],
  ['UUID', "X'00112233445566778899aabbccddeeff'", 'uuid', "'00112233445566778899aabbccddeeff'::uuid"],
])('%s DEFAULT %s becomes the default of %s', (declared, text, type, sql) => {
  expect(carryDefault(text, { type }, affinityOf(declared))).toEqual(sql === undefined ? {} : { sql });
});

test.each<[declared: string, text: string, sql: string]>([
  ['', '1', "'1'::jsonb"],
  ['', '1.0', "'1.0'::jsonb"],
  ['', "'it''s'", `'"it''s"'::jsonb`],
  ['', "X'ff'", `'{"$blob": "ff"}'::jsonb`],
])('a tagged column keeps the class of its default %s%s', (declared, text, sql) => {
  expect(carryDefault(text, { type: 'jsonb', format: 'tagged' }, affinityOf(declared))).toEqual({ sql });
});

test.each<[declared: string, text: string, type: string]>([
  ['INTEGER', "'none'", 'bigint'],
  ['INTEGER', '1.5', 'bigint'],
  ['INTEGER', 'CURRENT_TIMESTAMP', 'bigint'],
  ['BOOLEAN', '2', 'boolean'],
  ['DATE', "'0000-00-00'", 'date'],
  ['DATETIME', '0', 'timestamp'],
  ['TEXT', '(lower(hex(randomblob(16))))', 'text'],
  ['VARCHAR(3)', "'abcd'", 'varchar(3)'],
  ['VARCHAR(5)', 'CURRENT_TIMESTAMP', 'varchar(5)'],
  ['TEXT', "X'00'", 'text'],
  ['JSON', "'{'", 'jsonb'],
  ['TEXT', "datetime('now', 'localtime')", 'text'],
  ['INTEGER', "strftime('%s', 'now')", 'bigint'],
])('%s DEFAULT %s is not carried into %s, and the reason says why', (declared, text, type) => {
  expect(carryDefault(text, { type }, affinityOf(declared))).toEqual({
    reason: expect.stringMatching(/is not (a value of type|translated)/),
  });
});
