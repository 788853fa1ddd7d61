import { isUtf8 } from 'node:buffer';
import fc, { runs } from '../support/property';
import { TableCensus } from '../../core/census';
import { compileCodec } from '../../core/codecs/column';
import { CopyWriter } from '../../core/codecs/writer';
import type { ColumnEvidence } from '../../core/evidence';
import { JsonChecker } from '../../core/json-bytes';
import { parseType } from '../../core/mapping';
import { makeRow, makeTable } from '../support/rows';
import type { Cell } from '../support/rows';

function census(declared: string, cells: readonly Cell[]): ColumnEvidence {
  const taken = new TableCensus(makeTable('t', { c: declared }));
  cells.forEach((cell, i) => taken.add(makeRow([cell], BigInt(i + 1))));
  return taken.result().columns[0]!;
}

/** Whether the codec of a type takes the cell: what the census must agree with. */
function accepted(type: string, cell: Cell): boolean {
  const encode = compileCodec({
    source: '',
    index: 0,
    target: '',
    type: parseType(type),
    affinity: 'text',
    notNull: false,
    identity: false,
  });
  return cell !== null && encode(makeRow([cell]), 0, new CopyWriter(64)) === undefined;
}

const times = fc
  .tuple(
    fc.constantFrom(
      '2024-02-29',
      '2023-02-29',
      '1900-02-29',
      '2000-02-29',
      '0001-01-01',
      '9999-12-31',
      '0000-01-01',
      '2024-13-01',
      '2024-04-31',
      '2024-1-01',
    ),
    fc.constantFrom('', ' ', 'T', 't'),
    fc.constantFrom(
      '',
      '00:00',
      '23:59:59',
      '24:00',
      '12:30:60',
      '12:30:00.',
      '12:30:00.1',
      '12:30:00.123456',
      '12:30:00.1234567',
      '12:3',
    ),
    fc.constantFrom('', 'Z', '+00:00', '-15:59', '+16:00', '+02', ' '),
  )
  .map((parts) => parts.join(''));
const words = fc.constantFrom(
  'true',
  'FALSE',
  'Yes',
  'no',
  'ON',
  'off',
  't',
  'F',
  'y',
  'n',
  '1',
  '0',
  'o',
  'nope',
  'truth',
);
const numbers = fc.stringMatching(/^-?\d{0,20}\.?\d{0,4}$/);
const uuids = fc.oneof(
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  fc.stringMatching(/^[0-9a-f-]{36}$/),
);
const json = fc.oneof(
  fc.json(),
  fc.json().map((text) => text.slice(1)),
  fc.constantFrom('{"a":"\\u0000"}', '["\\ud800"]', '["\\ud83d\\ude00"]', '["\\\\u0000"]', '[01]', '{"a":1,}', ' [ ] '),
);
const text = fc.oneof(times, words, numbers, uuids, json, fc.string({ unit: 'binary', maxLength: 90 }));
const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 6, arbitrary: text },
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) - 1n),
  fc.double({ noNaN: true }),
  fc.double({ noNaN: true, min: -1000, max: 1000 }).map((value) => Math.round(value * 100) / 100),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 90 }).map((bytes) => ({ rawText: Buffer.from(bytes) })),
);

test('counts what a naive count finds, and each shape where the codec of its type accepts the text', () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 30 }), (cells) => {
      const found = census('JSON', cells);
      const integers = cells.filter((c): c is bigint => typeof c === 'bigint');
      const reals = cells.filter((c): c is number => typeof c === 'number');
      const blobs = cells.filter((c): c is Buffer => Buffer.isBuffer(c));
      const texts = cells.flatMap((c) =>
        typeof c === 'string'
          ? [Buffer.from(c)]
          : c !== null && typeof c === 'object' && 'rawText' in c
            ? [c.rawText]
            : [],
      );
      const sound = texts.filter((bytes) => isUtf8(bytes) && !bytes.includes(0)).map((bytes) => bytes.toString());
      const count = (type: string) => sound.filter((one) => accepted(type, one)).length;
      const least = integers.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
      const most = integers.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
      const wide = integers.filter((value) => value < -(2n ** 53n) || value >= 2n ** 53n).length;
      const finite = reals.filter(Number.isFinite);

      expect(found.nulls).toBe(cells.filter((c) => c === null).length);
      expect(found.integers).toEqual({
        count: integers.length,
        ...(least !== undefined && { min: jsonInteger(least), max: jsonInteger(most!) }),
        zeroOrOne: integers.filter((value) => value === 0n || value === 1n).length,
        inexact: integers.filter((value) => BigInt(Number(value)) !== value).length,
        ...(wide > 0 && { wide }),
      });
      expect(found.reals).toMatchObject({
        count: reals.length,
        nonFinite: reals.length - finite.length,
        integral: finite.filter((value) => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63).length,
        decimals: Math.max(0, ...finite.map(decimalsOf)),
      });
      expect(finite.length === 0 ? undefined : found.reals.max).toEqual(
        finite.length === 0 ? undefined : Math.max(...finite) + 0,
      );
      const plain = sound.filter((one) => /^-?\d+(\.\d+)?$/.test(one) && one.length <= 64);
      expect(found.texts).toEqual({
        count: texts.length,
        ...(texts.length > 0 && {
          minBytes: Math.min(...texts.map((bytes) => bytes.length)),
          maxBytes: Math.max(...texts.map((bytes) => bytes.length)),
          minLength: expect.any(Number),
          maxLength: expect.any(Number),
        }),
        empty: texts.filter((bytes) => bytes.length === 0).length,
        withNul: texts.filter((bytes) => bytes.includes(0)).length,
        invalidUtf8: texts.filter((bytes) => !bytes.includes(0) && !isUtf8(bytes)).length,
        dates: count('date'),
        timestamps: count('timestamp'),
        instants: count('timestamptz'),
        booleans: count('boolean'),
        uuids: count('uuid'),
        decimals: {
          count: plain.length,
          whole: Math.max(0, ...plain.map((one) => one.replace(/^-?0*/, '').replace(/\..*/, '').length)),
          fraction: Math.max(0, ...plain.map((one) => one.split('.')[1]?.length ?? 0)),
        },
        integers: plain.filter((one) => !one.includes('.')).length,
        json: { tested: sound.length, valid: count('json'), forJsonb: count('jsonb') },
      });
      if (sound.length === texts.length && texts.length > 0) {
        expect(found.texts.maxLength).toBe(Math.max(...sound.map((one) => [...one].length)));
        expect(found.texts.minLength).toBe(Math.min(...sound.map((one) => [...one].length)));
      }
      expect(found.blobs).toEqual({
        count: blobs.length,
        maxBytes: Math.max(0, ...blobs.map((blob) => blob.length)),
        of16: blobs.filter((blob) => blob.length === 16).length,
      });
    }),
    { numRuns: runs(2000) },
  );
});

function jsonInteger(value: bigint): number | string {
  return value >= -(2n ** 53n) && value < 2n ** 53n ? Number(value) : String(value);
}

/** Digits behind the point of the shortest decimal; 16 stands for more. */
function decimalsOf(value: number): number {
  const [digits, exponent = '0'] = String(value).split('e');
  return Math.min(16, Math.max(0, (digits!.split('.')[1]?.length ?? 0) - Number(exponent)));
}

test('agrees with JSON.parse on what is JSON', () => {
  const checker = new JsonChecker();
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', ',', '\\', '}', '0', '\n', '-', 'e', '.'))
    .map(([one, at, put]) => one.slice(0, at % (one.length + 1)) + put + one.slice((at % (one.length + 1)) + 1));
  fc.assert(
    fc.property(fc.oneof(json, broken, fc.stringMatching(/^[-+.0-9eE]{1,8}$/)), (one) => {
      let parsed = true;
      try {
        JSON.parse(one);
      } catch {
        parsed = false;
      }
      const bytes = Buffer.from(`xx${one}"}`);
      expect([one, checker.check(bytes, 2, bytes.length - 2)]).toEqual([one, parsed]);
    }),
    { numRuns: runs(3000) },
  );
  const deep = Buffer.from('['.repeat(200_000) + ']'.repeat(200_000));
  expect(checker.check(deep, 0, deep.length)).toBe(true);
});

test('keeps three cells that do not fit the declared type, with the place of each', () => {
  const { samples } = census('INTEGER', [1n, 'lots', 2n, 0.5, Buffer.from('ab'), 'more']);
  expect(samples).toEqual([
    { at: 'rowid 2', value: '"lots"' },
    { at: 'rowid 4', value: '0.5' },
    { at: 'rowid 5', value: "x'6162'" },
  ]);
});

test('keeps cells of another class than the first where nothing is declared', () => {
  expect(census('', [null, 'a', 'b', 5n]).samples).toEqual([{ at: 'rowid 4', value: '5' }]);
});

test('names the primary key of a sample where there is no rowid', () => {
  const taken = new TableCensus(makeTable('t', { a: 'TEXT', b: 'INTEGER', c: 'INTEGER' }, { primaryKey: ['b', 'a'] }));
  taken.add(makeRow(['x', 7n, 'bad']));
  expect(taken.result().columns[2]!.samples).toEqual([{ at: '7, "x"', value: '"bad"' }]);
});

test('samples are one line of at most 80 characters, without control characters', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constant('\u202e\u0085\u2028😀'.repeat(30))),
      (one) => {
        const [sample] = census('INTEGER', [one]).samples;
        expect(sample!.value.length).toBeLessThanOrEqual(80);
        expect(sample!.value).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      },
    ),
  );
});

test('stops parsing texts as JSON in columns that are not declared so, and says how many it parsed', () => {
  const cells = Array.from({ length: 100 }, (_, i) => `{broken ${i}`);
  expect(census('TEXT', cells).texts.json).toEqual({ tested: 20, valid: 0, forJsonb: 0 });
  expect(census('JSON', cells).texts.json.tested).toBe(100);
});

test('keeps the place of three cells of each kind of oddity, whatever came before', () => {
  const nul = { rawText: Buffer.from('a\0b') };
  const bad = { rawText: Buffer.from([0x61, 0xff]) };
  const noise: Cell[] = [5n, 6n, 7n, 8n];
  const { samples, odd, integers } = census('DATETIME', [
    ...noise,
    '2024-01-02',
    '2024-02-30',
    nul,
    bad,
    2n ** 53n,
    -(2n ** 53n) - 1n,
    2n ** 53n - 1n,
    Infinity,
    Buffer.from('x'),
    'soon',
    'later',
  ]);
  const at = (list: readonly { at: string }[] | undefined) => list?.map((sample) => sample.at);
  expect(at(samples)).toEqual(['rowid 1', 'rowid 2', 'rowid 3']);
  expect(integers.wide).toBe(2);
  expect(Object.fromEntries(Object.entries(odd!).map(([kind, list]) => [kind, at(list)]))).toEqual({
    integers: ['rowid 1', 'rowid 2', 'rowid 3'],
    reals: ['rowid 12'],
    texts: ['rowid 5', 'rowid 6', 'rowid 7'],
    blobs: ['rowid 13'],
    wide: ['rowid 9', 'rowid 10'],
    nonFinite: ['rowid 12'],
    withNul: ['rowid 7'],
    invalidUtf8: ['rowid 8'],
    misfits: ['rowid 6', 'rowid 7', 'rowid 8'],
  });
});

test('NULL is odd in a key and where NOT NULL is declared; a column of one class and one meaning has nothing odd', () => {
  const table = makeTable('t', { k: 'TEXT', n: 'TEXT', v: 'DATE' }, { primaryKey: ['k'] });
  table.columns[1]!.notNull = true;
  const taken = new TableCensus(table);
  taken.add(makeRow([null, 'x', null], 1n));
  taken.add(makeRow(['a', null, '2024-01-01'], 2n));
  expect(taken.result().columns.map(({ odd }) => odd)).toEqual([
    { nulls: [{ at: 'rowid 1', value: 'NULL' }] },
    { nulls: [{ at: 'rowid 2', value: 'NULL' }] },
    undefined,
  ]);
});
