import type { Pool } from 'pg';
import { compileRow } from '../../../core/codecs/row';
import { CopyWriter } from '../../../core/codecs/writer';
import { FieldHash } from '../../../core/field-digest/hash';
import { sourceHasher } from '../../../core/field-digest/source';
import { isAskedAsText, targetHasher } from '../../../core/field-digest/target';
import { parseType, typeSql } from '../../../core/mapping';
import type { ColumnMapping } from '../../../core/mapping';
import type { SourceValue } from '../../../core/meaning/meaning';
import { affinityOf } from '../../../core/source';
import { CopyIn } from '../../../stores/postgres/copy';
import { ReadBack } from '../../../stores/postgres/read-back';
import { inTransaction, openTarget, withClient } from '../../../stores/postgres/target';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { makeRow } from '../../support/rows';
import type { RawCell } from '../../support/rows';

/** What became of a cell: the text that PostgreSQL prints for it, or the codec's reason to refuse it. */
export type Outcome = { printed: string | null } | { refused: string };

export function columnOf(
  type: string,
  declared: string,
  format?: ColumnMapping['format'],
  more: Partial<ColumnMapping> = {},
): ColumnMapping {
  return {
    source: 'v',
    index: 1,
    target: 'v',
    type: parseType(type),
    affinity: affinityOf(declared),
    notNull: false,
    identity: false,
    ...(format === undefined ? {} : { format }),
    ...more,
  };
}

const NUMBER: ColumnMapping = { ...columnOf('integer', 'INTEGER'), source: 'n', index: 0, target: 'n' };
const AT = { schema: 'public', table: 'cells' };

/** Sends cells through the codec and a real binary COPY, and reads back what PostgreSQL then prints: as COPY does (`out`), or as a cast does. */
export async function throughCopy(
  pool: Pool,
  column: ColumnMapping,
  values: readonly (SourceValue | RawCell)[],
  read: 'out' | 'cast' = 'out',
): Promise<Outcome[]> {
  await withClient(pool, (client) =>
    client.query(`DROP TABLE IF EXISTS public.cells; CREATE TABLE public.cells (n int, v ${typeSql(column.type)})`),
  );
  const encode = compileRow([NUMBER, column]);
  const out = new CopyWriter(64);
  const outcomes = values.map((value, number): Outcome => {
    const refused = encode(makeRow([BigInt(number), value]), out);
    return refused === undefined ? { printed: null } : { refused: refused.reason };
  });
  const sent = out.take();
  const taken = await inTransaction(pool, async (client) => {
    const copy = new CopyIn(client, AT, ['n', 'v']);
    if (sent.length > 0) await copy.write(sent);
    return copy.end();
  });
  if (taken !== outcomes.filter((outcome) => 'printed' in outcome).length)
    throw new Error(`PostgreSQL took ${taken} rows`);
  const back = await ReadBack.open(pool);
  try {
    const keep = ([n, v]: readonly (string | null)[]) => void (outcomes[Number(n)] = { printed: v! });
    if (read === 'out') await back.rows(AT, ['n', 'v'], keep);
    else for (const row of await back.query('SELECT n, v::text FROM public.cells')) keep(row);
    await expectSameFields(back, column, values, outcomes);
  } finally {
    await back.close();
  }
  return outcomes;
}

/** The fields that came are those that verification expects of the cells, and of what was refused it expects something else. */
async function expectSameFields(
  back: ReadBack,
  column: ColumnMapping,
  values: readonly (SourceValue | RawCell)[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const columns = [NUMBER, column];
  const hash = new FieldHash();
  const key = () => `${hash.high} ${hash.low}`;
  const came = new Map<number, string>();
  const hashTuple = targetHasher(columns);
  const asked = columns.map((each) => ({ name: each.target, asText: isAskedAsText(each) }));
  await back.tuples(AT, asked, (bytes, view, start) => {
    const end = hashTuple(bytes, view, start + 2, hash);
    came.set(view.getInt32(start + 6), key());
    return end;
  });
  const hashRow = sourceHasher(columns);
  for (const [number, value] of values.entries()) {
    hashRow(makeRow([BigInt(number), value]), hash);
    if ('printed' in outcomes[number]!) expect([number, key()]).toEqual([number, came.get(number)]);
    else expect([...came.values()]).not.toContain(key());
  }
}

/** A cell, and the text of it in PostgreSQL, or `!` and the reason to refuse it. */
export type Case = [cell: SourceValue | RawCell, expected: string | null];

/** A database of a test file's own, to send cells to. */
export class CodecBench {
  private constructor(
    private readonly database: TestDatabase,
    readonly pool: Pool,
  ) {}

  static async open(): Promise<CodecBench> {
    const database = await createDatabase();
    return new CodecBench(database, openTarget(database.url));
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.database.drop();
  }

  async expectCells(
    type: string,
    declared: string,
    cases: readonly Case[],
    format?: ColumnMapping['format'],
    more?: Partial<ColumnMapping>,
  ): Promise<void> {
    const cells = cases.map(([cell]) => cell);
    const outcomes = await throughCopy(this.pool, columnOf(type, declared, format, more), cells, 'cast');
    const found = outcomes.map((outcome) => ('refused' in outcome ? `!${outcome.refused}` : outcome.printed));
    expect(found).toEqual(cases.map(([, expected]) => expected));
  }
}
