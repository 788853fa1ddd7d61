import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type Database from 'better-sqlite3';
import { tableWorkflowId, windowWorkflowId } from '../../core/ids';
import { writePlan } from '../../core/plan-file';
import type { Plan } from '../../core/plan';
import globalSetup from '../support/global-setup';
import globalTeardown from '../support/global-teardown';
import { Migrations } from '../support/migration';
import type { StartedRun } from '../support/migration';
import { startTemporal } from '../support/private-temporal';
import { markedUrl, withMarkedUser } from '../support/marked-user';
import { HISTORIES, MARKED_CELL, MARKED_PASSWORD } from './histories';

/**
 * Records the histories that `replay.test.ts` replays, one a way that a run can go, into `histories/VERSION`.
 *
 * Only from released code, never from the branch under test: what replays on the code that it was recorded from proves nothing.
 * In a checkout of the release's tag: `npm ci && npm run build`, then
 *
 *     node --require ./test/support/typescript.js test/replay/record.ts v0.1
 *
 * and copy the folder to `test/replay/histories` of the branch. Add folders, and never change one that is there: a version's
 * runs may still be going somewhere.
 */
async function record(version: string): Promise<void> {
  const folder = path.join(HISTORIES, version);
  mkdirSync(folder, { recursive: true });
  // Histories are called long from this many events on, so that some runs need several.
  const temporal = await startTemporal(['limit.historyCount.suggestContinueAsNew=300']);
  const migrations = await Migrations.open(temporal.address);
  try {
    await withMarkedUser(migrations.database.url, MARKED_PASSWORD, async () => {
      await migrations.startWorker();
      await new Recorder(migrations, folder).recordAll();
    });
  } finally {
    await migrations.close();
    await temporal.stop();
  }
}

class Recorder {
  constructor(
    private readonly migrations: Migrations,
    private readonly folder: string,
  ) {}

  async recordAll(): Promise<void> {
    const published = await this.#run('published', marked);
    await published.result();
    await this.#save('published', published.handle.workflowId);
    const large = await this.#run('large', manyMarked, (plan) => (plan.chunkBytes = 65_536));
    await large.result();
    await this.#save('table', tableWorkflowId(large.run, 'main', 'marked'));
    await this.#saveAfter('verify', 'verifyWorkflow', { run: published.run });
    await this.#saveAfter('rollback', 'rollbackWorkflow', { run: published.run, force: false });
    await this.migrations.client.workflow.getHandle(windowWorkflowId(published.run)).result();
    await this.#save('window-rolled-back', windowWorkflowId(published.run));
    const kept = await this.#run('finalized', marked);
    await kept.result();
    await this.#saveAfter('finalize', 'finalizeWorkflow', { run: kept.run });
    await this.migrations.client.workflow.getHandle(windowWorkflowId(kept.run)).result();
    await this.#save('window-finalized', windowWorkflowId(kept.run));
    await this.#recordCancelled();
    await this.#recordFailed();
    await this.#recordQuarantine();
    await this.#recordLong();
  }

  async #recordCancelled(): Promise<void> {
    const plan = await this.migrations.plan('cancelled', manyMarked, (draft) => (draft.chunkBytes = 65_536));
    const held = await this.migrations.startHeld(plan, 'marked', 20, { postgres: this.#url });
    await held.handle.signal('pause', { by: 'recorder' });
    await held.handle.signal('resume', { by: 'recorder' });
    await held.handle.cancel();
    await held.release();
    await held.result().catch(() => {});
    await this.#save('cancelled', held.handle.workflowId);
    await this.#save('table-cancelled', tableWorkflowId(held.run, 'main', 'marked'));
  }

  /** A table turns up where the run would publish its own, so that everything is undone. */
  async #recordFailed(): Promise<void> {
    const failed = await this.#run('failed', marked, (plan) => (plan.approval = true));
    await this.migrations.until(failed, ({ waitingFor }) => waitingFor === 'approval');
    await this.migrations.sql('CREATE SCHEMA failed; CREATE TABLE failed.marked (id int)');
    await failed.handle.executeUpdate('approve', { args: [{ by: 'recorder' }] });
    await failed.result().catch(() => {});
    await this.#save('failed', failed.handle.workflowId);
  }

  async #recordQuarantine(): Promise<void> {
    const strict = (plan: Plan) => {
      plan.sources.main!.tables.marked!.columns.value = { type: 'bigint' };
    };
    const accepted = await this.#run('accepted', marked, strict);
    await this.migrations.until(accepted, ({ waitingFor }) => waitingFor === 'quarantine');
    await accepted.handle.executeUpdate('acceptQuarantine', { args: [{ by: 'recorder' }] });
    await accepted.result();
    await this.#save('quarantine-accepted', accepted.handle.workflowId);

    const plan = await this.migrations.plan('retried', marked, strict);
    const retried = await this.migrations.start(plan, { postgres: this.#url });
    await this.migrations.until(retried, ({ waitingFor }) => waitingFor === 'quarantine');
    plan.sources.main!.tables.marked!.columns.value = { type: 'text' };
    const planKey = `runs/${retried.run}/retry.plan.yaml`;
    await this.migrations.artifacts.put(planKey, writePlan(plan));
    const input = { run: retried.run, planKey, waiting: retried.handle.workflowId };
    await this.#saveAfter('quarantine-retry', 'quarantineRetryWorkflow', input);
    await retried.result();
    await this.#save('quarantine-retried', retried.handle.workflowId);
  }

  /** Enough large tables for a second history, and small ones beside: the first one ends by continuing as new. */
  async #recordLong(): Promise<void> {
    const long = await this.#run(
      'long',
      (db) => {
        for (let number = 0; number < 80; number++) {
          const rows = number < 50 ? 7_000 : 1;
          db.exec(`CREATE TABLE t${number} (id INTEGER PRIMARY KEY, note TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
            INSERT INTO t${number} SELECT i, '${MARKED_CELL}' || printf('%080d', i) FROM n`);
        }
      },
      (plan) => (plan.chunkBytes = 65_536),
    );
    const first = (await long.handle.describe()).runId;
    await long.result();
    await this.#save('continued-first', long.handle.workflowId, first);
    await this.#save('continued-last', long.handle.workflowId);
  }

  get #url(): string {
    return markedUrl(this.migrations.database.url, MARKED_PASSWORD);
  }

  async #run(name: string, build: (db: Database.Database) => void, edit?: (plan: Plan) => void): Promise<StartedRun> {
    return await this.migrations.start(await this.migrations.plan(name, build, edit), { postgres: this.#url });
  }

  async #saveAfter(name: string, workflow: string, input: { run: string } & Record<string, unknown>): Promise<void> {
    const workflowId = `${name}-${input.run}`;
    await this.migrations.client.workflow.execute(workflow, {
      workflowId,
      taskQueue: this.migrations.queue,
      args: [input],
    });
    await this.#save(name, workflowId);
  }

  async #save(name: string, workflowId: string, runId?: string): Promise<void> {
    const history = await this.migrations.client.workflow.getHandle(workflowId, runId).fetchHistory();
    // JSON.stringify's own form of a history cannot be read back.
    const json = JSON.parse(historyToJSON(history), (key, value: unknown) => {
      if (key === 'identity') return 'recorder';
      if (typeof value !== 'string') return value;
      // Stack traces say where the program lies.
      return value
        .replaceAll(os.hostname(), 'host')
        .replaceAll(/\/[^\s():]*?\/(?=node_modules\/|dist\/|workflows\/)/g, '');
    }) as unknown;
    writeFileSync(path.join(this.folder, `${name}.history.json`), `${JSON.stringify(json)}\n`);
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
  }
}

function marked(db: Database.Database): void {
  db.exec(`
    CREATE TABLE marked (id INTEGER PRIMARY KEY, value INTEGER, note TEXT);
    INSERT INTO marked VALUES (1, 10, '${MARKED_CELL}'), (2, 20, '${MARKED_CELL} 2'), (3, '${MARKED_CELL} 3', 'bad')`);
}

function manyMarked(db: Database.Database): void {
  db.exec(`
    CREATE TABLE marked (id INTEGER PRIMARY KEY, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO marked SELECT i, '${MARKED_CELL}' || printf('%080d', i) FROM n`);
}

async function main(): Promise<void> {
  const version = process.argv[2];
  if (version === undefined || !/^v\d+\.\d+$/.test(version)) throw new Error('say which release, as v0.1');
  await globalSetup();
  try {
    await record(version);
  } finally {
    await globalTeardown();
  }
}

void main();
