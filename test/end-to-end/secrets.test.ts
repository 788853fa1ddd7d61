import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { windowWorkflowId } from '../../core/ids';
import { runFiles } from '../../stores/artifacts/run-files';
import { textOf } from '../replay/histories';
import { markedUrl, withMarkedUser } from '../support/marked-user';
import { Migrations } from '../support/migration';

const PASSWORD = 'EndToEndSecret';
const CELL = 'PersonalDatum';

test('neither the password nor a cell of a run is in Temporal, in the worker’s log, or in the report; what is quarantined is in the ledger only', async () => {
  const migrations = await Migrations.open();
  const { url } = migrations.database;
  try {
    await withMarkedUser(url, PASSWORD, async () => {
      const postgres = markedUrl(url, PASSWORD);
      const { name: worker } = await migrations.startWorker({ DATABASE_URL: postgres, SQLIFT_LOG_LEVEL: 'trace' });
      const plan = await migrations.plan(
        'secret',
        (db) => {
          db.exec(`
            CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER, mail TEXT);
            INSERT INTO people VALUES (1, 30, '${CELL} a'), (2, '${CELL} b', '${CELL} c'), (3, 41, '${CELL} a');
            CREATE TABLE notes (person INTEGER REFERENCES people(id), note TEXT);
            INSERT INTO notes VALUES (1, '${CELL} d')`);
          // A NUL, which PostgreSQL's texts do not hold, behind the mark.
          db.prepare('INSERT INTO notes VALUES (3, ?)').run(`${CELL} e\0`);
        },
        (draft) => {
          const { tables } = draft.sources.main!;
          tables.people!.columns.age = { type: 'integer' };
          // Two mails are the same: PostgreSQL says which, in the detail of its error.
          tables.people!.indexes = [{ name: 'people_mail', unique: true, columns: [{ column: 'mail' }] }];
        },
      );
      const started = await migrations.start(plan, { postgres });
      await migrations.until(started, ({ waitingFor }) => waitingFor === 'quarantine');
      await started.handle.executeUpdate('acceptQuarantine', { args: [{ by: 'test' }] });
      expect((await started.result()).state).toBe('published');
      const { run } = started;
      // A way back that is refused, and one that is not.
      await migrations.sql(`UPDATE secret.people SET mail = '${CELL} changed' WHERE id = 1`);
      await migrations.client.workflow
        .execute('rollbackWorkflow', {
          workflowId: `refused-${run}`,
          taskQueue: migrations.queue,
          args: [{ run, force: false }],
        })
        .catch(() => {});

      const { client } = migrations;
      const workflows = [
        started.handle,
        client.workflow.getHandle(windowWorkflowId(run)),
        client.workflow.getHandle(`refused-${run}`),
      ];
      const said: Record<string, string> = {
        'the worker’s log': migrations.workerLog(worker),
        'the report': (await migrations.artifacts.get(runFiles.report(run))).toString('utf8'),
        progress: JSON.stringify([
          await migrations.progress(started),
          await started.handle.query('tables', { offset: 0 }),
        ]),
      };
      for (const handle of workflows) {
        said[`the history of ${handle.workflowId}`] = textOf(JSON.parse(historyToJSON(await handle.fetchHistory())));
        const { raw, memo, searchAttributes } = await handle.describe();
        said[`the description of ${handle.workflowId}`] =
          `${textOf(JSON.parse(JSON.stringify(raw)))}\n${JSON.stringify([memo, searchAttributes])}`;
      }
      // Payloads are decoded: the search would find what is in them.
      expect(said[`the history of ${started.handle.workflowId}`]).toContain(`"run":"${run}"`);
      for (const [where, text] of Object.entries(said)) {
        expect(text.length).toBeGreaterThan(0);
        for (const secret of [CELL, PASSWORD, Buffer.from(CELL).toString('hex')])
          expect({ where, found: text.includes(secret) }).toEqual({ where, found: false });
      }

      // The one file that holds the password is the owner's alone.
      const folder = path.dirname(migrations.artifacts.path(runFiles.plan(run)));
      const withPassword = readdirSync(folder).filter((file) =>
        readFileSync(path.join(folder, file)).includes(PASSWORD),
      );
      expect(withPassword).toEqual([path.basename(runFiles.connections(run))]);
      const kept = await migrations.sql('SELECT cells::text AS cells FROM sqlift.quarantine ORDER BY table_name');
      expect(kept).toHaveLength(2);
      // Whole, so with the mark; as hex where a text is none that PostgreSQL takes.
      for (const { cells } of kept) expect(cells).toMatch(new RegExp(`${CELL}|${Buffer.from(CELL).toString('hex')}`));
    });
  } finally {
    await migrations.close();
  }
});
