import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { bytesOf, errorsIn } from '../../end-to-end/command-line';
import { main, torture } from '../sources';

/** Runs `sqlift migrate` on a torture file that must be refused; gives what it said and the schemas that are there after it. */
async function refused(
  file: string,
): Promise<{ code: number | null; errors: string[]; text: string; madeTables: boolean }> {
  const { shell, files } = torture;
  const before = await tables();
  const { code, stderr } = await shell.sqlift(['migrate', path.join(files, file), '--yes', '--schema', 'refused']);
  return { code, errors: errorsIn(stderr), text: stderr, madeTables: (await tables()) !== before };
}

async function tables(): Promise<string> {
  const [row] = await main().sql(
    `SELECT count(*)::text AS n FROM pg_class JOIN pg_namespace s ON s.oid = relnamespace WHERE nspname <> 'sqlift' AND nspname !~ '^pg_'`,
  );
  return row!.n!;
}

export function otherFiles(): void {
  test('Q01 a UTF-16 file gives the same texts as a UTF-8 one', async () => {
    const { utf16 } = torture.migrated;
    expect(await utf16.unaccounted('t16')).toEqual([]);
    const [there, source] = [await utf16.values('t16', 'v', 'naïve😀'), await main().values('c_text', 'v')];
    // U+FFFF is the one character that SQLite itself does not take over into UTF-16: its file holds U+FFFD.
    for (let id = 1; id <= 23; id++) expect([id, there[id]]).toEqual([id, source[id]!.replace('\uffff', '\ufffd')]);
  });

  test('Q02 a NUL and a lone surrogate in UTF-16 are kept with their bytes', async () => {
    const { utf16 } = torture.migrated;
    const kept = new Map((await utf16.quarantined('t16')).map(({ locator, raw }) => [locator, raw]));
    const there = await utf16.values('t16', 'v', 'naïve😀');
    // SQLite took the bytes that it was given for UTF-8: it holds six and four characters, one of them U+FFFD for the surrogate.
    const bytes = (id: string) => kept.get(id) ?? there[id];
    expect([bytes('900'), bytes('901')]).toEqual(['610000006200', '00efbfbd6100']);
  });

  test('R01 a table of 1,000 columns is one table', async () => {
    const { wide } = torture.migrated;
    expect(await wide.unaccounted('wide1000')).toEqual([]);
    expect(wide.entry('wide1000').columns).toHaveLength(1000);
  });

  test('R02 a table of 1,700 columns, more than PostgreSQL’s, is named or split; the others go on', () => {
    const { wide } = torture.migrated;
    const there = wide.report.tables.some(({ table }) => table === 'wide1700');
    expect([there, wide.notCarried('table', 'wide1700').length]).toEqual(
      there ? [true, expect.anything()] : [false, 1],
    );
    expect(wide.report.tables.map(({ table }) => table)).toEqual(expect.arrayContaining(['wide1000', 'widetext']));
  });

  test('R03 a row that is too big for a page of PostgreSQL is in quarantine', async () => {
    const { wide } = torture.migrated;
    const { sourceRows, loaded, quarantined } = wide.entry('widetext');
    expect([sourceRows, loaded + quarantined]).toEqual([1, 1]);
    const [row] = await wide.quarantined('widetext');
    if (row === undefined) return expect(await wide.unaccounted('widetext')).toEqual([]);
    expect(row.reason).toMatch(/54000|row is too big/);
    expect(row.cells).toHaveLength(1001);
  });

  test('S01 rows that violate their own schema are moved, and the report says what does not hold', async () => {
    const { integrity } = torture.migrated;
    for (const table of ['nn', 'ck', 'af']) expect([table, await integrity.unaccounted(table)]).toEqual([table, []]);
    expect(integrity.notCarried('not null', 'nn.v')).toHaveLength(1);
    expect([
      ...integrity.notCarried('check constraint', 'ck'),
      ...(await integrity.quarantined('ck')).map(({ reason }) => reason),
    ]).toHaveLength(1);
    const values = await integrity.values('af', 't');
    expect([values[1], values[2], values[3]?.replaceAll('"', '')]).toEqual(['42', '1.5', 'x']);
  });

  test('S02 a column with the application’s own collation is read, its UNIQUE index is named', async () => {
    const { foreign } = torture.migrated;
    expect(await foreign.unaccounted('tag')).toEqual([]);
    expect(
      foreign.report.notCarried.filter(({ object, reason }) => /tag/.test(object) && /UNICASE/i.test(reason)).length,
    ).toBeGreaterThan(0);
  });

  test('S03 a column that only the application can compute is named, the others arrive', async () => {
    const { foreign } = torture.migrated;
    expect(foreign.notCarried('column', 'fn.n')).toHaveLength(1);
    expect(await foreign.sql(`SELECT id, v FROM ${foreign.name('fn')}`)).toEqual([{ id: '1', v: ' Hi ' }]);
    expect(await foreign.unaccounted('plain')).toEqual([]);
    expect(foreign.notCarried('index', 'fn_i')).toHaveLength(1);
  });

  test('S04 a virtual table whose module is not there is named', () => {
    expect(torture.migrated.foreign.notCarried('virtual table', 'vec_items')).toHaveLength(1);
  });

  test('S05 rows and tables that are only in the write-ahead log arrive, and the file stays as it was', async () => {
    const { wal } = torture.migrated;
    expect(wal.report.tables.map(({ table, loaded }) => [table, loaded])).toEqual([
      ['only_in_wal', 1],
      ['t', 2],
    ]);
    expect((await wal.sql(`SELECT v FROM ${wal.name('t')} ORDER BY id`)).map(({ v }) => v)).toEqual([
      'checkpointed',
      'only in wal',
    ]);
    const folder = path.join(torture.files, 'wal-again');
    mkdirSync(folder);
    const copy = path.join(folder, 'copy.db');
    for (const ending of ['', '-wal'])
      copyFileSync(path.join(torture.files, 'torture_wal', `copy.db${ending}`), copy + ending);
    const before = bytesOf(copy);
    expect(Object.keys(before)).toEqual(['copy.db', 'copy.db-wal']);
    await torture.shell.migrate([copy, '--yes', '--schema', 'wal_again']);
    expect(bytesOf(copy)).toMatchObject(before);
    rmSync(folder, { recursive: true });
  });

  test('S06 a file with overwritten pages is refused with what SQLite says of it', async () => {
    const { code, errors, text, madeTables } = await refused('torture_corrupt.db');
    expect({ code: code !== 0, errors: errors.length, madeTables }).toEqual({
      code: true,
      errors: 1,
      madeTables: false,
    });
    expect(text).toMatch(/malformed|Tree \d+|btreeInitPage|page \d+/i);
  });

  test('S07 what is no database is refused, and a file of 0 bytes has nothing to migrate', async () => {
    const noDatabase = await refused('torture_notadb.db');
    expect({ ...noDatabase, text: '' }).toEqual({
      code: expect.any(Number),
      errors: [expect.any(String)],
      text: '',
      madeTables: false,
    });
    expect(noDatabase.code).not.toBe(0);
    expect(noDatabase.text).toMatch(/not a (SQLite )?database|encrypted/i);
    const empty = await refused('torture_empty.db');
    expect(empty.madeTables).toBe(false);
    expect(empty.text).toMatch(/no tables|nothing to migrate|empty/i);
  });
}
