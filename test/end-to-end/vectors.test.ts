import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import type { Plan } from '../../core/plan';
import { runFiles } from '../../stores/artifacts/run-files';
import { Endpoint, SPEC } from '../stack/pinecone/endpoint';
import { eventually, Migrations } from '../support/migration';
import { everythingIn } from '../support/pinecone';
import { publicFolder } from '../support/public-databases';
import { targetState } from '../support/target-state';

/** Vectors through the whole workflow: PostgreSQL, Temporal and an endpoint of the test's own. */

let migrations: Migrations;
let endpoint: Endpoint;
let chroma: string;
beforeAll(async () => {
  migrations = await Migrations.open();
  endpoint = await Endpoint.start();
  await migrations.startWorker({ PINECONE_API_KEY: 'test', PINECONE_CONTROLLER_HOST: endpoint.url });
  // The copy that the run takes needs a folder that SQLite may write beside.
  chroma = mkdtempSync(path.join(os.tmpdir(), 'sqlift-chroma-'));
  cpSync(path.join(publicFolder, 'chroma/chroma_159'), chroma, { recursive: true });
});
afterAll(async () => {
  await migrations.close();
  await endpoint.remove();
  rmSync(chroma, { recursive: true, force: true });
});

function build(db: Database.Database): void {
  db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, text TEXT NOT NULL)');
  const insert = db.prepare('INSERT INTO note VALUES (?, ?, ?)');
  for (let i = 1; i <= 6_000; i++) insert.run(i, `topic ${i % 5}`, `Note ${i} about the number ${i * 7919}`);
}

const withVectors = (name: string): Promise<Plan> =>
  migrations.plan(name, build, (plan) => {
    plan.vectors = {
      notes: {
        table: 'note',
        index: 'notes',
        id: 'note-{id}',
        text: '{text}',
        namespace: '{topic}',
        metadata: { topic: 'topic' },
      },
      lines: { chroma: { folder: chroma, collection: 'play_lines' }, index: 'lines' },
    };
  });

/** Other people's vectors, in an index that the run fills, and one of its own ids among them. */
async function theirs(): Promise<void> {
  const client = endpoint.client();
  await client.createIndex({ name: 'notes', dimension: 384, metric: 'cosine', spec: SPEC });
  const values = (seed: number) => Array.from({ length: 384 }, (_, i) => Math.fround(Math.sin(seed + i)));
  const index = client.index({ host: `${endpoint.url}/data/notes` });
  await index.upsert({
    namespace: 'topic 1',
    records: [
      { id: 'note-1', values: values(1), metadata: { whose: 'theirs' } },
      { id: 'theirs', values: values(2) },
    ],
  });
  await index.upsert({ namespace: 'elsewhere', records: [{ id: 'other', values: values(3) }] });
}

const everything = () => everythingIn(endpoint.client());
const vectorsIn = async (): Promise<number> => {
  const stats = await endpoint
    .client()
    .index({ host: `${endpoint.url}/data/notes` })
    .describeIndexStats();
  return stats.totalRecordCount ?? 0;
};

test('a plan’s vectors arrive whole, survive the end of their server, and a rollback leaves other people’s exactly', async () => {
  await theirs();
  const before = {
    pinecone: await everything(),
    postgres: await targetState(migrations.pool, migrations.database.url),
  };
  const started = await migrations.start(await withVectors('vectored'));

  // Killed in the middle of its phase: the run waits, and goes on when it is back at the same address.
  await eventually(async () => (await vectorsIn()) > 1_000, 120);
  await endpoint.end('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  endpoint = await Endpoint.start({ folder: endpoint.folder, port: new URL(endpoint.url).port });
  expect(await started.result()).toMatchObject({ state: 'published' });

  const report = await migrations.report(started.run);
  expect(report.vectors?.feeds).toEqual([
    expect.objectContaining({ feed: 'vectors.notes', entries: 6_000, written: 6_000, state: 'verified' }),
    expect.objectContaining({ feed: 'vectors.lines', entries: 1_250, quarantined: 0, state: 'verified' }),
  ]);
  expect(report.vectors?.notes.join()).toMatch(/readers of namespace topic 1 in index notes, which holds 2 already/);
  expect(await vectorsIn()).toBe(6_002);

  const truth = gunzipSync(readFileSync(path.join(publicFolder, 'chroma/chroma_159.truth.jsonl.gz')))
    .toString('utf8')
    .split('\n');
  const line = JSON.parse(truth[0]!) as {
    id: string;
    document: string;
    metadata: object;
    embedding_read_back: number[];
  };
  const lines = endpoint.client().index({ host: `${endpoint.url}/data/lines` });
  const { records } = await lines.fetch({ ids: [line.id] });
  expect(records[line.id]).toEqual({
    id: line.id,
    values: line.embedding_read_back.map((value) => expect.closeTo(value, 6) as number),
    metadata: { ...line.metadata, 'chroma:document': line.document },
  });
  expect(Float32Array.from(records[line.id]!.values!)).toEqual(Float32Array.from(line.embedding_read_back));

  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 0 });
  await endpoint
    .client()
    .index({ host: `${endpoint.url}/data/notes` })
    .update({
      id: 'note-5',
      metadata: { topic: 'changed' },
      namespace: 'topic 0',
    });
  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 1 });
  await endpoint
    .client()
    .index({ host: `${endpoint.url}/data/notes` })
    .update({
      id: 'note-5',
      metadata: { topic: 'topic 0' },
      namespace: 'topic 0',
    });

  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await everything()).toEqual(before.pinecone);
  expect(await targetState(migrations.pool, migrations.database.url)).toEqual(before.postgres);
  expect(existsSync(migrations.artifacts.path(runFiles.chroma(started.run)))).toBe(false);
});

test('a run that is cancelled while it embeds leaves the store as it was', async () => {
  const before = await everything();
  const at = await vectorsIn();
  const started = await migrations.start(await withVectors('cancelled'));
  await eventually(async () => (await vectorsIn()) > at + 500, 120);
  await started.handle.cancel();
  await started.result().catch(() => undefined);
  expect(await everything()).toEqual(before);
});

/** The long form, with figures: SQLIFT_VECTORS=100000. */
const many = Number(process.env.SQLIFT_VECTORS ?? 0);
(many > 0 ? test : test.skip)(
  'many vectors are embedded in time, and found in time',
  async () => {
    const plan = await migrations.plan(
      'many',
      (db) => {
        db.exec('CREATE TABLE page (id INTEGER PRIMARY KEY, text TEXT)');
        const insert = db.prepare('INSERT INTO page VALUES (?, ?)');
        const words = Array.from({ length: 5_000 }, (_, i) => `w${(i * 2_654_435_761) % 100_003}`);
        for (let i = 0; i < many; i++)
          insert.run(i, Array.from({ length: 40 }, (_, j) => words[(i * 31 + j * j * 17 + i * j) % 5_000]).join(' '));
      },
      (draft) => {
        draft.vectors = { pages: { table: 'page', index: 'many', id: '{id}', text: '{text}', metadata: { id: 'id' } } };
      },
    );
    const started = await migrations.start(plan);
    expect(await started.result()).toMatchObject({ state: 'published' });
    const { phases } = await migrations.report(started.run);
    const index = endpoint.client().index({ host: `${endpoint.url}/data/many` });
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const id = String((i * 7_919) % many);
      const { values } = (await index.fetch({ ids: [id] })).records[id]!;
      const begin = performance.now();
      const { matches } = await index.query({ vector: values!, topK: 10 });
      times.push(performance.now() - begin);
      expect(matches).toHaveLength(10);
    }
    const p95 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]!;
    process.stdout.write(`${JSON.stringify({ many, phases, p95, load: os.loadavg() })}\n`);
  },
  30 * 60_000,
);
