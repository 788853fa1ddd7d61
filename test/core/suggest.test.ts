import { TableCensus } from '../../core/census';
import { draftPlan } from '../../core/draft';
import { inferColumn, narrowed } from '../../core/infer';
import type { SourceCatalog, SourceTable } from '../../core/source';
import { makeRow, makeTable } from '../support/rows';
import type { Cell } from '../support/rows';

function look(name: string, declared: string, cells: readonly Cell[]) {
  const table = makeTable('t', { [name]: declared });
  const census = new TableCensus(table);
  cells.forEach((cell, i) => census.add(makeRow([cell], BigInt(i + 1))));
  const evidence = census.result().columns[0]!;
  const inference = inferColumn(table.columns[0]!, evidence);
  return { inference, narrow: narrowed(inference, evidence) };
}

const seconds = [1_600_000_000n, 1_700_000_000n, 1_700_000_001n];
const scaled = (factor: bigint) => seconds.map((second) => second * factor);
const uuids = ['a', 'b', 'c'].map((digit) => `${digit.repeat(8)}-0000-4000-8000-000000000000`);

test.each<
  [name: string, declared: string, cells: Cell[], declaredAs: string, meaning: { type: string; format?: string }]
>([
  ['created_at', 'INTEGER', seconds, 'bigint', { type: 'timestamptz', format: 'unix-seconds' }],
  ['updatedAt', 'INTEGER', scaled(1_000n), 'bigint', { type: 'timestamptz', format: 'unix-milliseconds' }],
  ['mtime', 'BIGINT', scaled(1_000_000n), 'bigint', { type: 'timestamptz', format: 'unix-microseconds' }],
  ['ts', 'INTEGER', scaled(1_000_000_000n), 'bigint', { type: 'timestamptz', format: 'unix-nanoseconds' }],
  [
    'last_visit_time',
    'INTEGER',
    seconds.map((second) => (second + 11_644_473_600n) * 1_000_000n),
    'bigint',
    { type: 'timestamptz', format: 'chrome-microseconds' },
  ],
  ['c', 'DATETIME', seconds, 'bigint', { type: 'timestamptz', format: 'unix-seconds' }],
  [
    'day_jd',
    'REAL',
    [2_460_000.5, 2_460_001.25, 2_460_002.75],
    'double precision',
    { type: 'timestamp', format: 'julian-day' },
  ],
  ['is_admin', 'INTEGER', [0n, 1n, 1n], 'bigint', { type: 'boolean' }],
  ['c', 'TINYINT(1)', [0n, 1n, 1n], 'bigint', { type: 'boolean' }],
  ['c', 'TEXT', ['true', 'False', 'yes', 'N'], 'text', { type: 'boolean' }],
  ['c', 'TEXT', uuids, 'text', { type: 'uuid' }],
  ['user_id', 'BLOB', [Buffer.alloc(16, 1), Buffer.alloc(16, 2), Buffer.alloc(16, 3)], 'bytea', { type: 'uuid' }],
  ['c', 'VARCHAR(20)', ['2024-01-01', '2024-01-02', '2024-01-03'], 'varchar(20)', { type: 'date' }],
  ['c', 'TEXT', ['{"a":1}', '[]', '{}'], 'text', { type: 'jsonb' }],
  ['price', 'TEXT', ['1.50', '2', '12.25'], 'text', { type: 'numeric' }],
])('%s %s: %s stays %s, and may become %j', (name, declared, cells, declaredAs, meaning) => {
  const { inference, narrow } = look(name, declared, cells);
  expect(inference).toMatchObject({
    type: declaredAs,
    meaning,
    suggestion: expect.stringMatching(/would fit all \d values$/),
  });
  expect(inference.format).toBeUndefined();
  expect(narrow).toMatchObject({ ...meaning, quarantines: 0, conversion: expect.stringMatching(/^narrowed from /) });
});

test.each<[why: string, name: string, declared: string, cells: Cell[]]>([
  ['nothing says that it is a time', 'amount', 'INTEGER', seconds],
  ['one value lies outside', 'created_at', 'INTEGER', [...seconds, 0n]],
  ['two values may look like anything', 'created_at', 'INTEGER', seconds.slice(0, 2)],
  ['a count that happens to be 0 and 1', 'children', 'INTEGER', [0n, 1n, 1n]],
  ['a flag that is always set', 'is_admin', 'INTEGER', [1n, 1n, 1n]],
  ['one text is no UUID', 'c', 'TEXT', [...uuids, 'x']],
  ['one text is empty', 'c', 'TEXT', ['2024-01-01', '2024-01-02', '']],
  ['digits are texts, too', 'zip', 'TEXT', ['01067', '80331', '20095']],
  ['a version is no number', 'app_version', 'TEXT', ['1.9', '1.10', '1.11']],
  ['16 bytes that are no id', 'digest', 'BLOB', [Buffer.alloc(16), Buffer.alloc(16), Buffer.alloc(16)]],
])('nothing is suggested: %s', (_why, name, declared, cells) => {
  const { inference, narrow } = look(name, declared, cells);
  expect({ meaning: inference.meaning, narrow }).toEqual({ meaning: undefined, narrow: undefined });
});

describe('a narrowed draft', () => {
  const catalogOf = (tables: SourceTable[]): SourceCatalog => ({
    encoding: 'UTF-8',
    pageSize: 4096,
    pageCount: 1,
    applicationId: 0,
    userVersion: 0,
    tables,
    others: [],
  });
  const parents = makeTable('parents', { id: 'TEXT' }, { primaryKey: ['id'] });
  const children = makeTable(
    'children',
    { parent: 'TEXT' },
    {
      foreignKeys: [
        {
          columns: ['parent'],
          parent: 'parents',
          parentColumns: ['id'],
          onDelete: 'NO ACTION',
          onUpdate: 'NO ACTION',
          deferred: false,
        },
      ],
    },
  );
  const draft = (references: Cell[], narrow: boolean) => {
    const rows: Record<string, Cell[]> = { parents: uuids, children: references };
    const evidence = [children, parents].map((table) => {
      const census = new TableCensus(table);
      rows[table.name]!.forEach((cell, i) => census.add(makeRow([cell], BigInt(i + 1))));
      return [table.name, census.result()] as const;
    });
    const { plan } = draftPlan({
      name: 'p',
      sources: [
        {
          name: 's',
          path: 'a',
          schema: 's',
          catalog: catalogOf([children, parents]),
          evidence: Object.fromEntries(evidence),
        },
      ],
      narrow,
    });
    const { tables } = plan.sources.s!;
    return {
      parent: tables.parents!.columns.id!.type,
      child: tables.children!.columns.parent!.type,
      keys: tables.children!.foreignKeys?.length ?? 0,
    };
  };

  test('is not narrowed unless it is asked for', () => {
    expect(draft([uuids[0]!], false)).toEqual({ parent: 'text', child: 'text', keys: 1 });
  });

  test('takes children along with their parents', () => {
    expect(draft([uuids[0]!], true)).toEqual({ parent: 'uuid', child: 'uuid', keys: 1 });
  });

  test('leaves a parent as it is whose children would not fit, rather than lose the foreign key', () => {
    expect(draft([uuids[0]!, 'unknown'], true)).toEqual({ parent: 'text', child: 'text', keys: 1 });
  });
});
