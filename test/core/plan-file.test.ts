import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc, { runs } from '../support/property';
import { SqliftError } from '../../core/errors';
import { planJsonSchema, planSchema } from '../../core/plan';
import type { Plan } from '../../core/plan';
import { editPlan, readPlan, writePlan } from '../../core/plan-file';

const key = fc.string({
  unit: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...'ab #:-{}[],&*!|>\'"%@`?\\\n\t~0é😀') },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
  ),
  minLength: 1,
  maxLength: 12,
});
const scalarLike = fc.constantFrom(
  'null',
  'true',
  'no',
  '12',
  '0x1F',
  '1e3',
  '.inf',
  '2024-01-01',
  '<<',
  '',
  '~',
  'constructor',
  'toString',
  '- a',
  '? b',
  '#',
  ': ',
);
const name = fc.oneof(key, scalarLike);
const filled = name.filter((one) => one !== '');
const slug = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,10}$/);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const column = fc.record(
  {
    type: fc.constantFrom('bigint', 'numeric(10,2)', 'varchar(3)', 'double precision', 'jsonb'),
    to: filled,
    notNull: fc.boolean(),
    default: name,
    format: fc.constantFrom('iso', 'tagged'),
  },
  { requiredKeys: ['type'] },
);
const table = fc.record(
  {
    columns: fc.dictionary(name, column, { maxKeys: 4, noNullPrototype: true }),
    to: filled,
    quarantine: fc.constantFrom('none', 'any', '0.1%'),
    primaryKey: fc.record({ name: filled, columns: fc.array(name, { minLength: 1, maxLength: 2 }) }),
    indexes: fc.array(
      fc.record({
        name: filled,
        columns: fc.array(fc.record({ column: name, descending: fc.boolean() }, { requiredKeys: ['column'] }), {
          minLength: 1,
          maxLength: 2,
        }),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['columns'] },
);
const source = fc.record(
  {
    sqlite: filled,
    schema: filled,
    tables: fc.dictionary(name, table, { maxKeys: 3, noNullPrototype: true }),
    exclude: fc.array(name, { maxLength: 2 }),
    notCarried: fc.array(fc.record({ object: name, kind: name, reason: name }), { maxLength: 2 }),
  },
  { requiredKeys: ['sqlite', 'schema', 'tables'] },
);
const plan: fc.Arbitrary<Plan> = fc
  .record({
    name: slug,
    sources: fc.dictionary(slug, source, { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
    chunkBytes: optional(fc.integer({ min: 65_536, max: 1_073_741_824 })),
  })
  .map(
    ({ name: planName, sources, chunkBytes }) =>
      ({ version: 1 as const, name: planName, ...(chunkBytes !== undefined && { chunkBytes }), sources }) as Plan,
  )
  .filter((one) => planSchema.safeParse(one).success);

test('a plan that was written reads back as it was, whatever its names and comments are', () => {
  fc.assert(
    fc.property(plan, key, (one, remark) => {
      const remarks = remark.replaceAll('\n', ' ');
      const comments = Object.fromEntries(
        Object.entries(one.sources).map(([sourceName, { tables }]) => [
          sourceName,
          Object.fromEntries(
            Object.entries(tables).map(([tableName, { columns }]) => [
              tableName,
              {
                summary: remarks,
                columns: Object.fromEntries(
                  Object.keys(columns).map((columnName) => [columnName, { evidence: remarks, review: remarks }]),
                ),
              },
            ]),
          ),
        ]),
      );
      const text = writePlan(one, comments);
      expect(readPlan(text, 'x.yaml')).toEqual(one);
      expect(writePlan(one, comments)).toBe(text);
    }),
    { numRuns: runs(500) },
  );
});

const SMALL: Plan = {
  version: 1,
  name: 'shop',
  sources: {
    shop: {
      sqlite: 'shop.db',
      schema: 'shop',
      tables: {
        users: {
          columns: { id: { type: 'bigint', identity: true }, name: { type: 'text', default: "'x'" } },
          primaryKey: { name: 'users_pkey', columns: ['id'] },
        },
      },
    },
  },
};

test('a written plan has a line for each column, with its evidence behind it and the reason for a review above', () => {
  const comments = {
    shop: {
      users: {
        summary: '2 rows',
        columns: { id: { evidence: 'INTEGER: 2 integers' }, name: { evidence: 'TEXT: 2 texts', review: 'look' } },
      },
    },
  };
  expect(
    writePlan(SMALL, comments, { schemaPath: 'plan.json' })
      .split('\n')
      .slice(0, 1)
      .concat(writePlan(SMALL, comments).split('\n').slice(2)),
  ).toEqual([
    '# yaml-language-server: $schema=plan.json',
    'version: 1',
    'name: shop',
    'sources:',
    '  shop:',
    '    sqlite: shop.db',
    '    schema: shop',
    '    tables:',
    '      # 2 rows',
    '      users:',
    '        columns:',
    '          id: { type: bigint, identity: true } # INTEGER: 2 integers',
    '          # REVIEW: look',
    '          name: { type: text, default: "\'x\'" } # TEXT: 2 texts',
    '        primaryKey: { name: users_pkey, columns: [ id ] }',
    '',
  ]);
});

function failure(text: string): SqliftError {
  try {
    readPlan(text, 'p.yaml');
  } catch (error) {
    return error as SqliftError;
  }
  throw new Error('the plan was read');
}

test('all problems are reported at once, with line and column, in order', () => {
  const error = failure(`version: 1
name: Shop
sources:
  shop:
    sqlite: shop.db
    schema: shop
    tabels: {}
    tables:
      users:
        columns:
          id: { type: bigit, notnull: true }
          name: { to: x }
        primaryKey: { name: users_pkey }
`);
  expect(error).toBeInstanceOf(SqliftError);
  expect(error).toMatchObject({ code: 'PlanInvalid', place: { file: 'p.yaml', line: 2, column: 7 } });
  expect(error.message.split('\n')).toEqual([
    'p.yaml:2:7: name: expected 1 to 40 of a–z, 0–9, _ and -, beginning with a letter or digit',
    'p.yaml:7:5: sources.shop: unknown key tabels; did you mean tables?',
    expect.stringMatching(/^p\.yaml:11:23: sources\.shop\.tables\.users\.columns\.id\.type: expected bigint, integer/),
    'p.yaml:11:30: sources.shop.tables.users.columns.id: unknown key notnull; did you mean notNull?',
    'p.yaml:13:21: sources.shop.tables.users.primaryKey.columns: is missing',
  ]);
});

test('an unknown key that is like none names those that there are', () => {
  expect(
    failure('version: 1\nname: a\nsources: { a: { sqlite: x, schema: y, tables: {} } }\nzzzzzz: 1\n').message,
  ).toBe(
    'p.yaml:4:1: unknown key zzzzzz; known here: $schema, version, name, target, quarantine, approval, chunkBytes, rollbackDays, patienceMinutes, sources, graph, vectors, cache',
  );
});

test('an address in the plan is refused: a plan holds names of variables', () => {
  const text = (url: string) =>
    `version: 1\nname: a\ntarget: { postgres: "${url}" }\nsources: { a: { sqlite: x, schema: y, tables: {} } }\n`;
  expect(failure(text('postgres://me:secret@host/db')).message).toMatch(
    /^p\.yaml:3:21: target\.postgres: expected a reference such as \$\{DATABASE_URL\}/,
  );
  expect(failure(text('postgres://me:secret@host/db')).message).not.toContain('secret');
  expect(readPlan(text('${DATABASE_URL}'), 'p.yaml').target).toEqual({ postgres: '${DATABASE_URL}' });
});

const EDITED = `# mine
version: 1
name: a # short
sources:
  a: { sqlite: x.db, schema: y, tables: {} }
`;

test('a plan that is edited keeps its comments, and is what its text says', () => {
  const { text, plan } = editPlan(EDITED, 'p.yaml', (document, before) => {
    expect(before).toEqual(readPlan(EDITED, 'p.yaml'));
    document.setIn(['sources', 'a', 'sqlite'], '/there/x.db');
    document.set('name', 'b');
  });
  expect(text).toBe(EDITED.replace('x.db', '/there/x.db').replace('name: a', 'name: b'));
  expect(plan).toEqual(readPlan(text, 'p.yaml'));
  expect(plan).toMatchObject({ name: 'b', sources: { a: { sqlite: '/there/x.db' } } });
});

test('an edited plan is checked before and after', () => {
  const thrown = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(thrown(() => editPlan(`${EDITED}other: 1\n`, 'p.yaml', () => {}))).toMatchObject({
    code: 'PlanInvalid',
    message: expect.stringMatching(/^p\.yaml:6:1: unknown key other/),
  });
  expect(thrown(() => editPlan(EDITED, 'p.yaml', (document) => document.set('name', 'A B')))).toMatchObject({
    code: 'PlanInvalid',
    message: expect.stringMatching(/^p\.yaml:\d+:\d+: name: /),
  });
});

test.each([
  ['no YAML', 'version: [1\nname: {', /^p\.yaml:\d+:\d+: /],
  ['a key twice', 'version: 1\nversion: 1\n', /^p\.yaml:2:1: Map keys must be unique/],
  ['two documents', 'version: 1\n---\nversion: 1\n', /^p\.yaml:\d+:\d+: /],
  ['nothing', '', /^p\.yaml:1:1: /],
  ['a list', '- 1\n', /^p\.yaml:1:1: /],
  [
    'an alias that grows without end',
    'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n',
    /^p\.yaml:1:1: /,
  ],
  [
    'a bad tolerance',
    'version: 1\nname: a\nquarantine: some\nsources: { a: { sqlite: x, schema: y, tables: {} } }\n',
    /^p\.yaml:3:13: quarantine: expected none, any or a percentage/,
  ],
  [
    'a bad source name',
    'version: 1\nname: a\nsources: { "A B": { sqlite: x, schema: y, tables: {} } }\n',
    /^p\.yaml:3:12: /,
  ],
])('%s is one clear error', (_, text, message) => {
  expect(failure(text)).toMatchObject({ code: 'PlanInvalid', message: expect.stringMatching(message) });
});

test('schemas/plan.v1.json is what the schema in core/plan.ts gives (SQLIFT_UPDATE=1 writes it)', () => {
  const file = path.resolve(__dirname, '../../schemas/plan.v1.json');
  if (process.env.SQLIFT_UPDATE === '1') writeFileSync(file, `${JSON.stringify(planJsonSchema(), null, 2)}\n`);
  const committed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  expect(committed).toEqual(JSON.parse(JSON.stringify(planJsonSchema())));
});
