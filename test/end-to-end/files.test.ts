import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Plan } from '../../core/plan';
import type { RunReport } from '../../core/run';
import { makeTorture, temporaryFolder, testWithShared } from '../stores/sqlite/fixtures';
import { Migrations } from '../support/migration';
import { draftOfFolder } from '../support/plans';

/*
 * Folders of documents through a whole run, by plans that nobody edited. The lines T01 to T10 are those of EXPECTED.md beside the
 * generator of the torture data.
 */

let migrations: Migrations;

beforeAll(async () => {
  migrations = await Migrations.open();
  await migrations.startWorker();
});
afterAll(() => migrations.close());

interface Moved {
  run: string;
  plan: Plan;
  report: RunReport;
}

async function move(folder: string, name: string, edit: (plan: Plan) => void = () => {}): Promise<Moved> {
  const plan = await draftOfFolder(folder, name);
  edit(plan);
  const started = await migrations.start(plan, { acceptQuarantine: true });
  const { state } = await started.result();
  const report = await migrations.report(started.run);
  expect({ state, verification: report.verification }).toEqual({
    state: 'published',
    verification: { state: 'verified', differences: [] },
  });
  expect(report.tables.filter((table) => table.loaded + table.quarantined !== table.sourceRows)).toEqual([]);
  return { run: started.run, plan, report };
}

interface Kept {
  path: string;
  line: string;
  reason: string;
  raw: string;
}

async function quarantine(run: string): Promise<Kept[]> {
  const rows = await migrations.sql(
    `SELECT row_key->>'_path' AS path, row_key->>'_line' AS line, reason, encode(raw, 'escape') AS raw
     FROM sqlift.quarantine WHERE run = $1 ORDER BY 1, 2::int`,
    [run],
  );
  return rows as unknown as Kept[];
}

describe('the torture files', () => {
  let moved: Moved;
  let kept: Kept[];

  const torture = testWithShared;

  beforeAll(async () => {
    const folder = temporaryFolder();
    rmSync('/tmp/pwned', { force: true });
    moved = await move(path.join(makeTorture(folder), 'files'), 'torture-files');
    kept = await quarantine(moved.run);
  });

  const json = (columns: string[], file: string) =>
    migrations.sql(
      `SELECT ${columns.map((column) => `"${column}"::text`).join(', ')} FROM torture_files.json WHERE _path = $1`,
      [file],
    );
  const keptOf = (file: string) => kept.filter((row) => row.path === file);

  torture('T01 byte order mark, CRLF, blank lines, no final line break: three records', async () => {
    expect(await json(['a'], 'bom.json')).toEqual([{ a: '1' }]);
    expect(
      await migrations.sql(
        `SELECT _line::int AS line, id FROM torture_files.jsonl WHERE _path = 'crlf_blank.jsonl' ORDER BY _index`,
      ),
    ).toEqual([
      { line: 1, id: 1 },
      { line: 3, id: 2 },
      { line: 5, id: 3 },
    ]);
  });

  torture('T02 a last line that is cut off is in quarantine with its line, the one before it has arrived', async () => {
    expect(await migrations.sql(`SELECT t FROM torture_files.jsonl WHERE _path = 'truncated.jsonl'`)).toEqual([
      { t: 'ok' },
    ]);
    expect(keptOf('truncated.jsonl')).toEqual([
      { path: 'truncated.jsonl', line: '2', reason: 'unfinished line', raw: '{"id":2,"t":"cut' },
    ]);
  });

  torture(
    'T03 records of different shapes keep them: 1 is not "1", a list and a string are values, ID is not id',
    async () => {
      expect(
        await migrations.sql(
          `SELECT id::text, v::text, _value::text, _extra::text FROM torture_files.jsonl WHERE _path = 'mixed.jsonl' ORDER BY _index`,
        ),
      ).toEqual([
        { id: '1', v: '1', _value: null, _extra: null },
        { id: '"2"', v: '"x"', _value: null, _extra: null },
        { id: '3', v: '[1, {"k": null}]', _value: null, _extra: null },
        { id: null, v: null, _value: '[1, 2]', _extra: null },
        { id: null, v: null, _value: '"str"', _extra: null },
        { id: '1', v: '"dup id"', _value: null, _extra: null },
        { id: null, v: null, _value: null, _extra: '{"ID": 4}' },
      ]);
    },
  );

  torture('T04 numbers arrive digit for digit', async () => {
    expect(await json(['big', 'huge', 'f', 'e', 'neg0'], 'numbers.json')).toEqual([
      {
        big: '9007199254740993',
        huge: '123456789012345678901234567890',
        f: '0.1000000000000000055511151231257827',
        e: `1${'0'.repeat(400)}`,
        neg0: '-0',
      },
    ]);
  });

  torture('T05 each broken file has its own reason; UTF-16 with its mark is read, and the report says so', async () => {
    const reasons = ['nan', 'nul', 'dupkeys', 'latin1', 'concat', 'emptyfile'].map((name) =>
      keptOf(`${name}.json`).map(({ reason, raw }) => [reason, raw]),
    );
    expect(reasons).toEqual([
      [['NaN or Infinity, which JSON has not', '{"a":NaN,"b":Infinity}']],
      [['half a surrogate pair', '{"s":"a\\\\u0000b","l":"\\\\ud800"}']],
      [['duplicate keys', '{"a":1,"a":2}']],
      [['invalid UTF-8', '{"n":"caf\\351"}']],
      [['several JSON documents in one', '{"a":1}{"a":2}']],
      [['empty file', '']],
    ]);
    expect(await json(['n'], 'utf16.json')).toEqual([{ n: 'é' }]);
    expect(moved.report.notCarried).toContainEqual(
      expect.objectContaining({ object: 'utf16.json', kind: 'encoding', reason: 'UTF-16LE, read as text' }),
    );
  });

  torture('T06 an id with path characters is a text and nothing else', async () => {
    expect(await json(['id', 'name'], 'traverse.json')).toEqual([{ id: '../../etc/passwd', name: 'x' }]);
  });

  torture('T07 YAML is that of 1.2: NO is a text, 1.10 keeps its zero, 2024-02-30 is no date', async () => {
    const [row] = await migrations.sql(
      `SELECT to_jsonb(t) AS row FROM torture_files.yaml t WHERE _path = 'norway.yaml'`,
    );
    expect(row!.row).toMatchObject({
      no: 'no',
      yes: 'yes',
      country: 'NO',
      octa: '0777',
      sexa: '12:30:45',
      date: '2024-02-30',
      real_date: '2024-02-29',
      str: '42',
      multi: 'line1\nline2\n',
      fold: 'a b\n',
      _extra: { nullish: null, empty: null },
    });
    expect(
      await migrations.sql(`SELECT ver::text, big::text FROM torture_files.yaml WHERE _path = 'norway.yaml'`),
    ).toEqual([{ ver: '1.10', big: '9007199254740993' }]);
  });

  torture('T08 an alias of what it is part of is refused', () => {
    expect(keptOf('anchors.yaml')).toEqual([
      expect.objectContaining({ line: '4', reason: 'alias of what it is part of' }),
    ]);
  });

  torture(
    'T09 YAML documents are records of their own; duplicate keys, tabs and keys that are no scalars are refused',
    async () => {
      expect(
        await migrations.sql(
          `SELECT _line::int AS line, a FROM torture_files.yaml WHERE _path = 'docs.yaml' ORDER BY _index`,
        ),
      ).toEqual([
        { line: 2, a: '1' },
        { line: 4, a: '2' },
      ]);
      expect(
        ['dup', 'tabs', 'intkeys'].map((name) => keptOf(`${name}.yaml`).map(({ line, reason }) => [line, reason])),
      ).toEqual([[['2', 'duplicate keys']], [['2', 'tab as indentation']], [['5', 'key that is no scalar']]]);
    },
  );

  torture('T10 no tag is executed and no bomb goes off', () => {
    expect(keptOf('tags.yaml').map(({ reason }) => reason)).toEqual(['tag that is not of YAML’s core']);
    expect(keptOf('bomb.yaml').map(({ reason }) => reason)).toEqual(['too many aliases']);
    expect(existsSync('/tmp/pwned')).toBe(false);
  });

  torture('every file is in _files with its digest, and its rows refer to it', async () => {
    const [files] = await migrations.sql(
      `SELECT count(*)::int AS files, sum(records)::int AS records, sum(refused)::int AS refused, count(sha256)::int AS digests FROM torture_files._files`,
    );
    expect(files).toEqual({ files: 21, records: 31, refused: 13, digests: 21 });
    expect(kept).toHaveLength(13);
  });
});

describe('a folder like an agent’s state', () => {
  const folder = temporaryFolder();
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  };
  let moved: Moved;

  beforeAll(async () => {
    write('context/a.json', '{"agent_id":"a","state":{"open":[1,2]},"updated":"2026-01-02T03:04:05Z"}');
    write('context/b.json', '{"agent_id":"b","state":{},"updated":null,"odd":true}');
    write('context/notes.md', '---\ntitle: Notes\n---\n# What was said\n');
    write('logs/today.jsonl', '{"at":1,"event":"start"}\n{"at":2,"event":"sto');
    write('config/one.json', '{"n":1}');
    write('config/two.yaml', 'retries: 3\n');
    write('config/readme.txt', 'not read');
    moved = await move(folder, 'agent', (plan) => {
      // What is not finished is no error, whatever is tolerated.
      plan.quarantine = 'none';
    });
  });

  test('each folder and kind of file is a table; documents come back from their rows', async () => {
    expect(Object.keys(moved.plan.sources.main!.collections!)).toEqual([
      'config_json',
      'config_yaml',
      'context_json',
      'context_md',
      'logs_jsonl',
    ]);
    expect(
      await migrations.sql(
        `SELECT to_jsonb(c) - '_path' - '_index' - '_line' AS row FROM agent.context_json c ORDER BY _path`,
      ),
    ).toEqual([
      { row: { agent_id: 'a', state: { open: [1, 2] }, updated: '2026-01-02T03:04:05Z', odd: null, _extra: null } },
      { row: { agent_id: 'b', state: {}, updated: null, odd: true, _extra: { updated: null } } },
    ]);
    expect(await migrations.sql(`SELECT title, _body FROM agent.context_md`)).toEqual([
      { title: 'Notes', _body: '# What was said\n' },
    ]);
    expect(
      await migrations.sql(
        `SELECT f.size::int, f.format FROM agent.config_yaml c JOIN agent._files f ON f.path = c._path`,
      ),
    ).toEqual([{ size: 11, format: 'yaml' }]);
  });

  test('what is not read is named, and an unfinished line does not count against the tolerance', async () => {
    expect(moved.report.notCarried).toContainEqual(
      expect.objectContaining({ object: 'config/readme.txt', kind: 'file', reason: 'of a kind that is not read' }),
    );
    expect(await quarantine(moved.run)).toEqual([
      { path: 'logs/today.jsonl', line: '2', reason: 'unfinished line', raw: '{"at":2,"event":"sto' },
    ]);
    const started = await migrations.start({ ...(await draftOfFolder(folder, 'agent-strict')), quarantine: 'none' });
    expect((await started.result()).state).toBe('published');
  });

  test('a later run of the same plan takes what has come: the rest of the line, fields that the plan does not know', async () => {
    appendFileSync(path.join(folder, 'logs/today.jsonl'), 'p","new":{"n":1.10}}\n');
    writeFileSync(path.join(folder, 'context/b.json'), '{"agent_id":7,"state":{}}');
    const plan = moved.plan;
    for (const table of Object.values(plan.sources.main!.tables)) table.ifExists = 'replace';
    const started = await migrations.start(plan, { acceptQuarantine: true });
    expect((await started.result()).state).toBe('published');
    expect(await migrations.sql(`SELECT at::int, event, _extra::text FROM agent.logs_jsonl ORDER BY _index`)).toEqual([
      { at: 1, event: 'start', _extra: null },
      { at: 2, event: 'stop', _extra: '{"new": {"n": 1.10}}' },
    ]);
    // A number where the plan has texts is no text.
    expect(
      await migrations.sql(
        `SELECT row_key->>'_path' AS path, column_name, reason FROM sqlift.quarantine WHERE run = $1`,
        [started.run],
      ),
    ).toEqual([{ path: 'context/b.json', column_name: 'agent_id', reason: 'wrong storage class' }]);
    expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
      state: 'rolled_back',
    });
    expect(await migrations.workflow('rollbackWorkflow', { run: moved.run, force: false })).toMatchObject({
      state: 'rolled_back',
    });
    expect(await migrations.sql(`SELECT to_regnamespace('agent') AS schema`)).toEqual([{ schema: null }]);
  });
});
