import type Database from 'better-sqlite3';
import { Pool } from 'pg';
import { translateCondition, translateValue } from '../../../../core/sql/expression';
import type { Operand } from '../../../../core/sql/operand';
import { createDatabase } from '../../../support/postgres';
import type { TestDatabase } from '../../../support/postgres';
import fc, { runs } from '../../../support/property';
import type { SqliteValue } from './typed-table';
import { COLUMNS, SCOPE, makePostgres, openSqlite } from './typed-table';

let database: TestDatabase;
let pool: Pool;
let db: Database.Database;

beforeAll(async () => {
  database = await createDatabase();
  pool = new Pool({ connectionString: database.url, max: 2 });
  db = openSqlite();
  await makePostgres(pool, db);
});

afterAll(async () => {
  db.close();
  await pool.end();
  await database.drop();
});

interface Row {
  type: string;
  value: SqliteValue;
  truth: string | null;
}

/** What SQLite says of each row; undefined where the expression is an error to it. */
function inSqlite(sql: string): Row[] | undefined {
  try {
    return db
      .prepare(
        `SELECT typeof(e) AS type, e AS value, CASE WHEN e THEN 't' WHEN NOT e THEN 'f' END AS truth FROM (SELECT (${sql}) AS e, id FROM v) ORDER BY id`,
      )
      .all() as Row[];
  } catch {
    return undefined;
  }
}

/** Each row's values of several expressions, as PostgreSQL prints them; or the SQLSTATE that they end in. */
async function inPostgres(expressions: readonly string[]): Promise<(string | null)[][] | string> {
  try {
    const list = expressions.map((sql) => `(${sql})::text`).join(', ');
    const { rows } = await pool.query<(string | null)[]>({
      text: `SELECT ${list} FROM v ORDER BY id`,
      rowMode: 'array',
    });
    return rows;
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
}

/** SQLite's value as PostgreSQL prints one of this kind; an error where it has not the storage class that the kind says. */
function printed({ type, value }: Row, { kind }: Operand): string | null {
  if (value === null) return null;
  switch (kind) {
    case 'boolean':
      return type === 'integer'
        ? value === 1n
          ? 'true'
          : value === 0n
            ? 'false'
            : 'not a boolean'
        : `not an integer: ${type}`;
    case 'integer':
      return type === 'integer' ? `${value as bigint}` : `not an integer: ${type}`;
    case 'real':
      return type === 'real' ? realText(value as number) : `not a real: ${type}`;
    case 'double':
    case 'number':
      return type === 'real' || type === 'integer' ? canonical(`${value as bigint | number}`) : `not a number: ${type}`;
    case 'numbers as text':
      return `${value as bigint | number | string}`;
    case 'blob':
      return type === 'blob' ? `\\x${(value as Buffer).toString('hex')}` : `not a blob: ${type}`;
    default:
      return type === 'text' ? (value as string) : `not a text: ${type}`;
  }
}

/** Doubles by their bits, so that zero keeps its sign. */
function realText(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

/** A decimal number in one form. */
function canonical(text: string): string {
  const value = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text);
  if (value === null) return text;
  const [, sign, whole, fraction = '', exponent = '0'] = value;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  const point = Number(exponent) - fraction.length + digits.length - trimmed.length;
  return trimmed === '' ? '0' : `${sign}${trimmed}e${point}`;
}

function asPrinted(text: string | null | undefined, { kind }: Operand): string | null | undefined {
  if (text === null || text === undefined) return text;
  if (kind === 'real') return realText(Number(text));
  return kind === 'double' || kind === 'number' ? canonical(text) : text;
}

const names = COLUMNS.map(({ name }) => name);
const oneOf = (list: string) => fc.constantFrom(...list.split(' ; '));
const column = fc.constantFrom(...names, ...names, 'V.I', '"t"', 'v.[nc]');
const literal = oneOf(
  '0 ; 1 ; -1 ; 2 ; 3 ; 10 ; 0x1F ; 9007199254740993 ; 9223372036854775807 ; -9223372036854775808 ; 1.0 ; 0.1 ; -2.5 ; 1e300 ; 9e999 ; NULL ; ' +
    "'' ; 'a' ; 'A' ; 'ab' ; 'a ' ; '1' ; ' 1 ' ; '1.0' ; '2024-02-29' ; '2024-02-30' ; 'Ä' ; 'x' ; \"text\" ; x'61' ; x'' ; TRUE ; false ; -0.0 ; 0.0 ; 'integer'",
);
const likePattern = oneOf("'a%' ; 'A_' ; '%B%' ; '%' ; '' ; 'Ä' ; 'x\\%%' ; '_' ; '[x]' ; 'a' || '%' ; t ; 'it''s'");
const globPattern = oneOf(
  "'[A-Z]*' ; 'a*' ; '?' ; '*b*' ; '[^a-z]*' ; '[]x]' ; '*' ; '' ; '[[]x]' ; '[a-]*' ; 'a?b' ; '[ä-ö]' ; '\\*' ; '[^]]*' ; '[z-a]' ; '[a' ; t ; 'a.b' ; '[-a]*' ; '^a'",
);
/** Text of expressions of SQLite's, of any types mixed: most of what comes out makes sense to SQLite only. */
const { expression } = fc.letrec<{ expression: string; small: string }>((tie) => {
  const e = tie('small');
  const format = (template: string, ...parts: fc.Arbitrary<string>[]) =>
    fc.tuple(...parts).map((values) => values.reduce((text, value) => text.replace('?', () => value), template));
  const operator = oneOf(
    '= ; == ; <> ; != ; < ; <= ; > ; >= ; IS ; IS NOT ; IS NOT DISTINCT FROM ; + ; - ; * ; / ; % ; || ; & ; | ; AND ; OR ; << ; >>',
  );
  const compound = fc.oneof(
    { weight: 8, arbitrary: format('(? ? ?)', e, operator, e) },
    { weight: 3, arbitrary: format('(? ? ?)', column, oneOf('= ; <> ; < ; >= ; IS ; IS NOT'), literal) },
    { weight: 2, arbitrary: format('(? ? ?)', column, oneOf('= ; <> ; < ; >= ; + ; - ; * ; / ; %'), column) },
    { weight: 2, arbitrary: format('(? ?)', oneOf('NOT ; - ; + ; ~'), e) },
    { weight: 2, arbitrary: format('(? ? ?)', e, oneOf('LIKE ; NOT LIKE'), likePattern) },
    { weight: 1, arbitrary: format("(? LIKE ? ESCAPE '\\')", column, likePattern) },
    { weight: 2, arbitrary: format('(? ? ?)', column, oneOf('GLOB ; NOT GLOB'), globPattern) },
    { weight: 2, arbitrary: format('(? ? ? AND ?)', e, oneOf('BETWEEN ; NOT BETWEEN'), e, e) },
    { weight: 2, arbitrary: format('(? ? (?, ?))', column, oneOf('IN ; NOT IN'), literal, literal) },
    { weight: 1, arbitrary: fc.oneof(format('(? IN ())', e), oneOf('json_valid(j) ; hex(x) ; iif(b, i, k)')) },
    {
      weight: 2,
      arbitrary: format('(? ?)', e, oneOf('ISNULL ; NOTNULL ; IS NULL ; IS NOT NULL ; IS TRUE ; IS NOT FALSE')),
    },
    {
      weight: 2,
      arbitrary: format('((? COLLATE ?) ? ?)', e, oneOf('nocase ; rtrim ; binary'), oneOf('= ; < ; IS'), e),
    },
    { weight: 1, arbitrary: format('CASE WHEN ? THEN ? ELSE ? END', e, e, e) },
    { weight: 1, arbitrary: format('CASE ? WHEN ? THEN ? WHEN ? THEN ? END', e, e, e, e, e) },
    { weight: 1, arbitrary: format('CAST(? AS ?)', e, oneOf('INTEGER ; TEXT ; REAL ; BIGINT ; NUMERIC ; BLOB')) },
    {
      weight: 4,
      arbitrary: format(
        '?(?)',
        oneOf(
          'abs ; length ; lower ; upper ; trim ; ltrim ; rtrim ; typeof ; json_valid ; hex ; sign ; likely ; round',
        ),
        e,
      ),
    },
    {
      weight: 4,
      arbitrary: format(
        '?(?, ?)',
        oneOf('coalesce ; ifnull ; nullif ; instr ; trim ; rtrim ; min ; max ; substr'),
        e,
        e,
      ),
    },
    { weight: 1, arbitrary: format('?(?, ?, ?)', oneOf('coalesce ; replace ; iif ; min ; max'), e, e, e) },
    { weight: 1, arbitrary: format('substr(?, ?, ?)', column, oneOf('1 ; 0 ; 2 ; -1'), oneOf('0 ; 1 ; 5')) },
    {
      weight: 2,
      arbitrary: format('(typeof(?) ? ?)', column, oneOf('= ; <>'), oneOf("'text' ; 'integer' ; 'null' ; \"real\"")),
    },
  );
  return {
    small: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 5, arbitrary: column },
      { weight: 3, arbitrary: literal },
      { weight: 4, arbitrary: compound },
    ),
    expression: compound,
  };
});

test('what is translated has the same value in PostgreSQL, for every value of every type', async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(expression, { minLength: 40, maxLength: 40 }), async (expressions) => {
      const cases = expressions.flatMap((sql) => {
        const rows = inSqlite(sql);
        const result = translateValue(sql, SCOPE);
        if (rows === undefined || 'reason' in result) return [];
        return [{ sql, rows, ...result }];
      });
      done += cases.length;
      const together = await inPostgres(cases.map(({ operand }) => operand.sql));
      for (const [i, { sql, rows, operand, caveats }] of cases.entries()) {
        const found = Array.isArray(together) ? together.map((row) => [row[i]!]) : await inPostgres([operand.sql]);
        // Beyond the range of doubles PostgreSQL stops where SQLite goes on: that is what the caveat says.
        if (!Array.isArray(found) && found.startsWith('22003') && caveats.length > 0) continue;
        const wanted = rows.map((row) => printed(row, operand));
        const got = Array.isArray(found) ? found.map(([text]) => asPrinted(text, operand)) : found;
        const row = wanted.findIndex((value, at) => value !== got[at]);
        if (!Array.isArray(got) || row >= 0)
          expect({ sql, as: operand.sql, row, value: Array.isArray(got) ? got[row] : got }).toEqual({
            sql,
            as: operand.sql,
            row,
            value: wanted[row],
          });
      }
    }),
    { numRuns: runs(60) },
  );
  expect(done).toBeGreaterThan(300);
});

test('what is translated as a condition holds for the same rows', async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(expression, { minLength: 40, maxLength: 40 }), async (expressions) => {
      for (const sql of expressions) {
        const rows = inSqlite(sql);
        const result = translateCondition(sql, SCOPE);
        if (rows === undefined || 'reason' in result) continue;
        done += 1;
        const found = await inPostgres([`CASE WHEN ${result.sql} THEN 't' WHEN NOT (${result.sql}) THEN 'f' END`]);
        if (!Array.isArray(found) && found.startsWith('22003') && result.caveats.length > 0) continue;
        const got = Array.isArray(found) ? found.map(([text]) => text) : found;
        expect({ sql, as: result.sql, rows: got }).toEqual({
          sql,
          as: result.sql,
          rows: rows.map(({ truth }) => truth),
        });
      }
    }),
    { numRuns: runs(30) },
  );
  expect(done).toBeGreaterThan(100);
});

const TRANSLATED = `
  i + 1 ; i - k ; i * 2 ; i / s ; i / 0 ; i % s ; - s ; ~ i ; i & 3 | k ; i << 3 ; abs(n) ; sign(i) ; r * q ; r + 1 ; r / q ; d + 0.5 ; - r
  t || 'x' ; i || t ; lower(t) ; upper(u) ; length(t) ; length(x) ; length(i) ; substr(t, 2) ; substr(t, 1, 2) ; substr(t, -2) ; trim(t)
  ltrim(t, 'a') ; rtrim(t) ; replace(t, 'a', 'bb') ; instr(t, 'b') ; hex(x) ; coalesce(i, k, 0) ; ifnull(t, 'none') ; nullif(nc, 'A')
  min(i, k) ; max(r, q) ; iif(b, i, k) ; typeof(t) ; typeof(r) ; json_valid(j) ; CAST(i AS TEXT) ; CAST(i AS REAL) ; CAST(b AS INTEGER)
  CASE s WHEN 1 THEN 2 WHEN 2 THEN 3 ELSE 4 END ; CASE WHEN b THEN 'yes' ELSE 'no' END ; likely(i > 0) ; (b) + (c) = 1`;

test.each(TRANSLATED.trim().split(/ ; |\n +/))('%s is translated, and gives what it gives in SQLite', async (sql) => {
  const result = translateValue(sql, SCOPE);
  if ('reason' in result) throw new Error(result.reason);
  const rows = inSqlite(sql)!;
  const found = await inPostgres([result.operand.sql]);
  if (typeof found === 'string') {
    expect(found).toMatch(/^22003/);
    expect(result.caveats).toHaveLength(1);
  } else
    expect(found.map(([text]) => asPrinted(text, result.operand))).toEqual(
      rows.map((row) => printed(row, result.operand)),
    );
});

/** SQLite's SQL, and PostgreSQL's with the same meaning. */
test.each([
  ['b = 0', 'NOT "b"'],
  ['b', '"b"'],
  ['b IS NOT 1', '"b" IS NOT TRUE'],
  ['b IN (0, 1)', '"b"::integer IN (0, 1)'],
  ['i > 0 AND i < 100', '("i" > 0) AND ("i" < 100)'],
  ['NOT i = k', 'NOT ("i" = "k")'],
  ["i = '5'", '"i" = 5'],
  ['t = 5', `"t" = '5'`],
  ["t IN ('a', 'b')", `"t" IN ('a', 'b')`],
  ["nc IN ('X', 'y')", `lower("nc" COLLATE "C") IN ('x', 'y')`],
  ["t COLLATE NOCASE = 'A'", `lower("t" COLLATE "C") = 'a'`],
  ["rt = 'a  '", `rtrim("rt") = 'a'`],
  ["t < 'b'", `("t" COLLATE "C") < 'b'`],
  ["t LIKE 'X%'", `lower("t" COLLATE "C") LIKE 'x%'`],
  ["t GLOB '[A-Z]*'", `"t" COLLATE "C" ~ '^[A-Z]'`],
  ["typeof(t) = 'text'", '"t" IS NOT NULL'],
  ['s BETWEEN 1 AND 10', '("s" >= 1) AND ("s" <= 10)'],
  ["y >= '2024-01-01'", `"y" >= '2024-01-01'::date`],
  ['json_valid(j)', '"j" IS NOT NULL OR NULL'],
  ['d > 0.1', '"d" > 0.1::numeric'],
])('the condition %s becomes %s', async (sql, wanted) => {
  expect(translateCondition(sql, SCOPE)).toMatchObject({ sql: wanted });
  const found = await inPostgres([`CASE WHEN ${wanted} THEN 't' WHEN NOT (${wanted}) THEN 'f' END`]);
  expect((found as (string | null)[][]).map(([text]) => text)).toEqual(inSqlite(sql)!.map(({ truth }) => truth));
});

test.each([
  ['t > r', /number/],
  ['t = i', /number/],
  ['r = i', /exactly/],
  ['length(r) > 3', /number as text/],
  ['round(r, 2) = 1', /round\(\)/],
  ["strftime('%s', y) > 0", /strftime\(\)/],
  ["datetime('now') > t", /datetime\(\)/],
  ['json_valid(t)', /json_valid/],
  ["t REGEXP 'a'", /application/],
  ['t COLLATE unicase = nc', /unicase/],
  ['i IN (SELECT 1)', /sub-select/],
  ['nowhere = 1', /no column nowhere/],
  ['(i, k) = (1, 2)', /row value/],
  ['i = ?1', /parameter/],
  ['i >', /cannot be read/],
  ['m / 2 > 1', /division/],
  ["lower(t COLLATE NOCASE) = 'a'", /COLLATE inside/],
  ['CURRENT_DATE < y', /another value each time/],
])('%s is refused with its reason', (sql, reason) => {
  expect(translateCondition(sql, SCOPE)).toEqual({ reason: expect.stringMatching(reason) });
});

test('a name in double quotes that no column has is a string', () => {
  expect(translateCondition('t = "double quoted"', SCOPE)).toMatchObject({ sql: `"t" = 'double quoted'` });
  expect(translateCondition('t = `back`', SCOPE)).toMatchObject({ reason: 'there is no column back to refer to' });
});

test('the order of texts is not that of a UTF-16 file', () => {
  const scope = { ...SCOPE, utf8: false };
  expect(translateCondition("t < 'b'", scope)).toEqual({ reason: expect.stringMatching(/UTF-16/) });
  expect(translateCondition("t = 'b'", scope)).toEqual({ sql: `"t" = 'b'`, caveats: [] });
});
