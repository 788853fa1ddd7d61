import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { LosslessNumber, isLosslessNumber, parse } from 'lossless-json';
import type { FilesOptions } from '../../../core/field-storage';
import type { SourceCatalog } from '../../../core/source';
import { FileReader } from '../../../stores/files/read-file';
import { readCatalog } from '../../../stores/sqlite/catalog';
import { takeSnapshot } from '../../../stores/sqlite/snapshot';
import { expectFailure, temporaryFolder } from '../sqlite/fixtures';
import fc from '../../support/property';

/** A folder with these files, last changed long ago. */
function folderOf(files: Record<string, string | Buffer>): string {
  const folder = path.join(temporaryFolder(), 'store');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
    utimesSync(path.join(folder, name), 1_700_000_000, 1_700_000_000);
  }
  return folder;
}

interface Taken {
  sha256: string;
  catalog: SourceCatalog;
  rows: (sql: string) => unknown[];
}

async function take(source: string, files: FilesOptions = {}): Promise<Taken> {
  const destination = path.join(temporaryFolder(), 'snapshot.sqlite');
  const { sha256 } = await takeSnapshot({ source, destination, files });
  const open = <T>(use: (db: Database.Database) => T): T => {
    const db = new Database(destination, { readonly: true });
    try {
      return use(db);
    } finally {
      db.close();
    }
  };
  return { sha256, catalog: open(readCatalog), rows: (sql) => open((db) => db.prepare(sql).all()) };
}

test('the same files give the same snapshot, byte for byte', async () => {
  const files = {
    'b/x.json': '{"a":1}',
    'a.jsonl': '{"b":2}\n{"c":"x"}\n',
    'c.md': '---\nd: 1\n---\nbody',
    'd.yml': 'e: [1]',
  };
  const first = await take(folderOf(files));
  const again = await take(folderOf(Object.fromEntries(Object.entries(files).reverse())));
  expect(again.sha256).toBe(first.sha256);
  expect(first.catalog.tables.map(({ name }) => name)).toEqual(['_files', 'b_json', 'jsonl', 'md', 'yaml']);
});

test('links are not followed and what is not read is named, many of a kind together', async () => {
  const others = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`img/${i}.png`, 'x']));
  const folder = folderOf({ 'a.json': '{}', 'state.db': 'x', 'x.txt': 'x', '.git/config.json': '{}', ...others });
  symlinkSync('/etc', path.join(folder, 'etc'));
  symlinkSync('/etc/hostname', path.join(folder, 'host.json'));
  symlinkSync('a.json', path.join(folder, 'again.json'));
  symlinkSync('nothing', path.join(folder, 'gone.json'));
  const { catalog, rows } = await take(folder);
  expect(catalog.others.map(({ name, unreadable }) => [name, unreadable])).toEqual([
    ['.git', 'a folder of a tool'],
    ['again.json', 'a symbolic link; what it points at is read in its own place'],
    ['etc', 'a symbolic link out of the folder'],
    ['gone.json', 'a symbolic link to nothing'],
    ['host.json', 'a symbolic link out of the folder'],
    ['img/*.png', '12 files: of a kind that is not read'],
    ['state.db', 'a SQLite file: give it as a source of its own'],
    ['x.txt', 'of a kind that is not read'],
  ]);
  expect(rows('SELECT path FROM _files')).toEqual([{ path: 'a.json' }]);
});

test('a folder without documents and one that is missing are errors', async () => {
  await expectFailure(take(folderOf({ 'x.txt': '' })), 'SourceNotAFile', 'without any file that is read');
  await expectFailure(take('/nowhere/at/all'), 'SourceMissing', 'does not exist');
});

test('each file is noted with its size, time and digest', async () => {
  const text = '{"a":1}';
  const { rows } = await take(folderOf({ 'a.json': text }));
  expect(rows('SELECT * FROM _files')).toEqual([
    {
      path: 'a.json',
      collection: 'json',
      format: 'json',
      encoding: 'UTF-8',
      size: text.length,
      mtime: '2023-11-14 22:13:20.000000Z',
      sha256: createHash('sha256').update(text).digest('hex'),
      records: 1,
      refused: 0,
    },
  ]);
});

test('rare fields, names that SQLite does not tell apart and names of sqlift’s own are kept in _extra', async () => {
  const common = Array.from({ length: 40 }, (_, i) => `"f${i}":${i}`).join(',');
  const lines = Array.from({ length: 100 }, (_, i) =>
    i === 7 ? `{${common},"rare":1.10,"F1":"x","_path":"y"}` : `{${common}}`,
  );
  const { catalog, rows } = await take(folderOf({ 'a.jsonl': lines.join('\n') }));
  expect(catalog.tables.find(({ name }) => name === 'jsonl')!.columns).toHaveLength(40 + 6);
  expect(rows('SELECT _line, _extra FROM jsonl WHERE _extra IS NOT NULL')).toEqual([
    { _line: 8, _extra: '{"rare":1.10,"F1":"x","_path":"y"}' },
  ]);
});

test('the plan’s fields are columns whatever the documents hold now, and its collections decide where files go', async () => {
  const folder = folderOf({
    'one/a.json': '{"id":"7","new":true}',
    'two/b.json': '{"id":8}',
    'two/c.json': '{"id":9}',
  });
  const collections = { all: { match: '**/*.json' }, one: { match: 'one/*.json' } };
  const wanted = { all: { fields: { id: 'integer', gone: 'text' }, drafted: false } } as const;
  const { rows } = await take(folder, { collections, wanted });
  expect(rows('SELECT _path, id, typeof(id) AS class, gone FROM "all"')).toEqual([
    { _path: 'two/b.json', id: 8, class: 'integer', gone: null },
    { _path: 'two/c.json', id: 9, class: 'integer', gone: null },
  ]);
  expect(rows('SELECT _path, "new" FROM one')).toEqual([{ _path: 'one/a.json', new: 1 }]);
});

test('a log that grows while it is read is taken as it was; a document that changes is not taken', () => {
  const folder = folderOf({ 'a.jsonl': '{"a":1}\n{"a":2}\n', 'b.json': '{"a":1}' });
  const log = new FileReader(path.join(folder, 'a.jsonl'), 'jsonl');
  const lines = log.records();
  lines.next();
  appendFileSync(path.join(folder, 'a.jsonl'), '{"a":3}\n');
  expect([...lines]).toHaveLength(1);
  expect(log.facts).toMatchObject({ changed: false, bytes: 16 });

  const document = new FileReader(path.join(folder, 'b.json'), 'json');
  const records = document.records();
  records.next();
  writeFileSync(path.join(folder, 'b.json'), '{"a":2}');
  expect([...records]).toEqual([]);
  expect(document.facts).toMatchObject({ changed: true });
});

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false'),
    fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? '-0.0' : String(value))),
    fc.constantFrom('1.10', '1e400', '-0', '1E+2', '9007199254740993', '0.1000000000000000055511151231257827'),
    fc.array(tie('value') as fc.Arbitrary<string>, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    tie('object') as fc.Arbitrary<string>,
  ),
  object: fc
    .dictionary(
      fc.oneof(fc.constantFrom('a', 'b', 'c', 'A', '_path', ''), fc.string({ unit: 'grapheme' })),
      tie('value') as fc.Arbitrary<string>,
      { maxKeys: 4, noNullPrototype: true },
    )
    .map(
      (members) =>
        `{ ${Object.entries(members)
          .map(([key, value]) => `${JSON.stringify(key)}: ${value}`)
          .join(' , ')} }`,
    ),
})).object as fc.Arbitrary<string>;

/** A cell of a field as what JSON has it for; read from the column's own class, by another parser. */
function valueOf(cell: unknown, declared: string): unknown {
  if (declared.startsWith('JSON')) return parse(cell as string);
  if (declared.startsWith('BOOLEAN')) return cell === 1n;
  if (declared.startsWith('NUMERIC') && typeof cell === 'string') return new LosslessNumber(cell);
  return typeof cell === 'string' ? cell : new LosslessNumber(Object.is(cell, -0) ? '-0' : String(cell));
}

/** Numbers as decimals, members in one order: equal for equal documents. */
function canonical(value: unknown): unknown {
  if (isLosslessNumber(value)) {
    const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
      value.toString(),
    )!;
    const digits = `${whole}${fraction}`.replace(/^0+/, '');
    const kept = digits.replace(/0+$/, '');
    return kept === ''
      ? 'number 0'
      : `number ${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
  }
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `text ${value}` : value;
  return Object.entries(value)
    .map(([key, member]) => [key, canonical(member)])
    .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
}

test('any documents come back from their rows, by another parser', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(json, { minLength: 1, maxLength: 12 }), async (documents) => {
      const folder = folderOf({ 'a.jsonl': documents.join('\n') });
      const destination = path.join(temporaryFolder(), 'snapshot.sqlite');
      await takeSnapshot({ source: folder, destination, files: {} });
      const db = new Database(destination, { readonly: true });
      try {
        const columns = db.prepare('SELECT name, type FROM pragma_table_info(?)').all('jsonl') as {
          name: string;
          type: string;
        }[];
        const rows = db.prepare('SELECT * FROM jsonl ORDER BY _index').safeIntegers().raw().all() as unknown[][];
        const back = rows.map((row) => {
          expect(row[columns.findIndex(({ name }) => name === '_refused')]).toBeNull();
          const document: Record<string, unknown> = {};
          for (const [i, { name, type }] of columns.entries())
            if (!/^_(path|index|line|extra|refused|raw|value|body)$/.test(name) && row[i] !== null)
              Object.defineProperty(document, name, { value: valueOf(row[i], type), enumerable: true });
          const extra = row[columns.findIndex(({ name }) => name === '_extra')] as string | null;
          return canonical({ ...document, ...(extra === null ? {} : (parse(extra) as object)) });
        });
        expect(back).toEqual(documents.map((text) => canonical(parse(text))));
      } finally {
        db.close();
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);
