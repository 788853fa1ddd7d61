import { mkdirSync, writeFileSync } from 'node:fs';
import { CommandLine, bytesOf } from './command-line';

/** A database and the folder of documents beside it, as agents keep their state, in one run. */

let shell: CommandLine;
beforeAll(async () => void (shell = await CommandLine.open()));
afterAll(() => shell.close());

test('a SQLite file and a folder arrive by one run, each in its schema, and leave by one rollback', async () => {
  const file = shell.makeSource(
    'state.db',
    `CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
     CREATE TABLE events (agent INTEGER REFERENCES agents(id), at INTEGER, note TEXT);
     INSERT INTO agents VALUES (1, 'ada'), (2, 'alan');
     INSERT INTO events VALUES (1, 9007199254740993, 'a'), (2, 2, NULL)`,
  );
  mkdirSync(shell.file('notes/logs'), { recursive: true });
  writeFileSync(shell.file('notes/logs/today.jsonl'), '{"at":9007199254740993}\n{"at":2,"event":"stop"}\nno json\n');
  writeFileSync(shell.file('notes/readme.md'), '---\ntitle: Notes\n---\n# What was said\n');
  const before = bytesOf(file);

  const { code, stderr } = await shell.sqlift(['plan', 'state.db', './notes', '-o', 'agents.plan.yaml']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const report = await shell.migrate(['agents.plan.yaml', '--yes', '--accept-quarantine']);
  expect(report).toMatchObject({ state: 'published', verification: { state: 'verified', differences: [] } });
  expect(
    report.tables
      .map(({ target, sourceRows, loaded, quarantined }) => [target, sourceRows, loaded, quarantined])
      .filter(([target]) => target !== 'notes._files')
      .sort((a, b) => String(a[0]).localeCompare(String(b[0]))),
  ).toEqual([
    ['notes.logs_jsonl', 3, 2, 1],
    ['notes.md', 1, 1, 0],
    ['state.agents', 2, 2, 0],
    ['state.events', 2, 2, 0],
  ]);
  const { rows } = await shell.pool.query<Record<string, string>>(
    `SELECT a.name, e.at::text, l.event FROM state.events e JOIN state.agents a ON a.id = e.agent
     JOIN notes.logs_jsonl l ON l.at = e.at ORDER BY a.name`,
  );
  expect(rows).toEqual([
    { name: 'ada', at: '9007199254740993', event: null },
    { name: 'alan', at: '2', event: 'stop' },
  ]);
  expect(report.quarantine).toMatchObject([{ source: 'notes', table: 'logs_jsonl', rows: 1 }]);
  expect(bytesOf(file)).toEqual(before);

  const back = await shell.sqlift(['rollback', report.run, '--yes']);
  expect({ code: back.code, schemas: (await shell.traces()).schemas }).toEqual({
    code: 5,
    schemas: ['information_schema', 'public', 'sqlift'],
  });
});
