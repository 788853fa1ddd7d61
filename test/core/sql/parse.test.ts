import Database from 'better-sqlite3';
import type { Expression, Select } from '../../../core/sql/ast';
import { SqlSyntaxError, parseExpression, parseSelect } from '../../../core/sql/parse';
import fc, { runs } from '../../support/property';

const db = new Database(':memory:');
afterAll(() => db.close());

/** What SQLite makes of an expression, its class included; undefined where it refuses it. */
function evaluated(sql: string): string | undefined {
  try {
    return JSON.stringify(db.prepare(`SELECT typeof(v), quote(v) FROM (SELECT (${sql}) AS v)`).raw().get());
  } catch {
    return undefined;
  }
}

/** The expression with parentheses around every part, so that nothing depends on how strongly operators bind. */
function explicit(e: Expression): string {
  switch (e.kind) {
    case 'null':
      return 'NULL';
    case 'integer':
      return e.value === -(2n ** 63n) ? '-9223372036854775808' : String(e.value);
    case 'real':
      return Number.isFinite(e.value) ? e.value.toExponential() : '9e999';
    case 'text':
      return `'${e.value.replaceAll("'", "''")}'`;
    case 'blob':
      return `x'${e.value}'`;
    case 'unary':
      return `(${e.operator} (${explicit(e.operand)}))`;
    case 'binary':
      return `((${explicit(e.left)}) ${e.operator} (${explicit(e.right)}))`;
    case 'like':
      return `((${explicit(e.operand)}) ${e.not ? 'NOT ' : ''}${e.operator} (${explicit(e.pattern)})${e.escape ? ` ESCAPE (${explicit(e.escape)})` : ''})`;
    case 'between':
      return `((${explicit(e.operand)}) ${e.not ? 'NOT ' : ''}BETWEEN (${explicit(e.low)}) AND (${explicit(e.high)}))`;
    case 'in':
      return `((${explicit(e.operand)}) ${e.not ? 'NOT ' : ''}IN (${(e.members as Expression[]).map(explicit).join(', ')}))`;
    case 'collate':
      return `((${explicit(e.operand)}) COLLATE ${e.collation})`;
    case 'cast':
      return `CAST((${explicit(e.operand)}) AS ${e.type})`;
    case 'case':
      return `CASE ${e.operand ? explicit(e.operand) : ''} ${e.branches.map((b) => `WHEN ${explicit(b.when)} THEN ${explicit(b.value)}`).join(' ')} ${e.otherwise ? `ELSE ${explicit(e.otherwise)}` : ''} END`;
    case 'call':
      return `${e.name}(${(e.args as Expression[]).map(explicit).join(', ')})`;
    default:
      throw new Error(`not generated: ${e.kind}`);
  }
}

const oneOf = (list: string) => fc.constantFrom(...list.split(' ; '));
const operand = oneOf(
  "0 ; 1 ; 2 ; -3 ; 7 ; 1.5 ; NULL ; 'a' ; 'A' ; '1' ; '' ; x'41' ; 0x10 ; .5 ; 1e2 ; 9223372036854775807 ; length(1 + 2) ; " +
    "CASE 1 WHEN 1 THEN 2 END ; CAST(3 AS TEXT) ; coalesce(NULL, 'b') ; -9223372036854775808 ; 1_000",
);
const prefix = oneOf(' ;  ;  ;  ; - ; + ; ~ ; NOT ; - - ; NOT NOT ; -~');
const infix = oneOf(
  'OR ; AND ; = ; == ; <> ; != ; IS ; IS NOT ; IS DISTINCT FROM ; IS NOT DISTINCT FROM ; < ; <= ; > ; >= ; & ; | ; << ; >> ; + ; - ; * ; / ; ' +
    '% ; || ; LIKE ; NOT LIKE ; GLOB ; NOT GLOB',
);
const postfix = oneOf(
  ' ;  ;  ;  ;  ;  ; COLLATE nocase ; ISNULL ; NOTNULL ; NOT NULL ; IN (1, 2) ; NOT IN (1) ; BETWEEN 0 AND 2 ; ' +
    "NOT BETWEEN 1 AND 1 + 1 ; LIKE 'a' ESCAPE 'x'",
);

test('operators bind as they do in SQLite', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(prefix, operand, postfix, infix), { minLength: 1, maxLength: 6 }), (parts) => {
      const sql = parts
        .map(
          ([before, value, after, between], i) =>
            `${before} ${value} ${after}${i < parts.length - 1 ? ` ${between} ` : ''}`,
        )
        .join('');
      const wanted = evaluated(sql);
      if (wanted === undefined) return;
      compared += 1;
      expect(evaluated(explicit(parseExpression(sql)))).toBe(wanted);
    }),
    { numRuns: runs(5_000) },
  );
  expect(compared).toBeGreaterThan(2_000);
});

test.each([
  '',
  '1 +',
  '(1',
  '1 2',
  '1abc',
  "'a",
  'a b',
  'CASE END',
  'x LIKE',
  '0xfffffffffffffffff',
  '1 NOT 2',
  '\u0000',
])('%j is refused, as by SQLite', (sql) => {
  expect(evaluated(sql)).toBeUndefined();
  expect(() => parseExpression(sql)).toThrow(SqlSyntaxError);
});

test('deep nesting is refused instead of overflowing the stack', () => {
  expect(() => parseExpression(`${'('.repeat(50_000)}1${')'.repeat(50_000)}`)).toThrow('too deeply');
  expect(() => parseExpression(`${'-'.repeat(50_000).replaceAll('-', '- ')}1`)).toThrow('too deeply');
});

test('names keep what their quotes say', () => {
  expect(parseExpression('"a""b"')).toEqual({ kind: 'column', name: 'a"b', maybeText: true });
  expect(parseExpression('[a b].`c`')).toEqual({ kind: 'column', table: 'a b', name: 'c', maybeText: false });
  expect(parseExpression('main.t."c"')).toEqual({
    kind: 'column',
    schema: 'main',
    table: 't',
    name: 'c',
    maybeText: false,
  });
});

test('a SELECT is read with all of its clauses', () => {
  const select = parseSelect(`
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3), m AS NOT MATERIALIZED (SELECT 1)
    SELECT DISTINCT t.*, a + 1 AS b, 'c' d, count(DISTINCT e) FILTER (WHERE f > 0) OVER (PARTITION BY g ORDER BY h DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) -- end
    FROM main.t AS x INDEXED BY i, u LEFT OUTER JOIN (SELECT 2) AS y ON x.a = y.a NATURAL JOIN z JOIN json_each(x.j, '$') USING (q, r)
    WHERE a IN (SELECT 1) AND EXISTS (SELECT 1) GROUP BY a, b HAVING count(*) > 1 WINDOW w AS (ORDER BY a)
    UNION ALL VALUES (1, 2), (3, 4) EXCEPT SELECT 5 ORDER BY 1 DESC, b COLLATE nocase LIMIT 5, 6;`);
  const [first, second, third] = select.parts as [
    Select['parts'][0] & { kind: 'core' },
    Select['parts'][0],
    Select['parts'][0],
  ];
  expect(select.with).toMatchObject({
    recursive: true,
    tables: [
      { name: 'n', columns: ['i'] },
      { name: 'm', materialized: false },
    ],
  });
  expect(first).toMatchObject({
    distinct: true,
    where: { operator: 'and' },
    groupBy: [{}, {}],
    windows: [{ name: 'w' }],
  });
  expect(
    first.results.map((result) => (result.kind === 'star' ? `${result.table}.*` : (result.alias ?? result.sql))),
  ).toEqual([
    't.*',
    'b',
    'd',
    'count(DISTINCT e) FILTER (WHERE f > 0) OVER (PARTITION BY g ORDER BY h DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
  ]);
  expect(first.results[3]).toMatchObject({
    expression: {
      distinct: true,
      over: { frame: 'ROWS BETWEEN 1 PRECEDING AND CURRENT ROW', orderBy: [{ nulls: 'last' }] },
    },
  });
  expect(first.from).toMatchObject({
    type: 'inner',
    using: ['q', 'r'],
    right: { kind: 'function', name: 'json_each' },
    left: {
      natural: true,
      left: { type: 'left', right: { kind: 'subselect', alias: 'y' }, left: { type: 'cross', left: { alias: 'x' } } },
    },
  });
  expect(second).toMatchObject({
    operator: 'union all',
    kind: 'values',
    rows: [
      [{}, {}],
      [{}, {}],
    ],
  });
  expect(third).toMatchObject({ operator: 'except' });
  expect(select).toMatchObject({
    orderBy: [{ descending: true }, { expression: { kind: 'collate' } }],
    limit: { value: 6n },
    offset: { value: 5n },
  });
});
