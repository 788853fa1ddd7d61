import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import type { Index } from '@pinecone-database/pinecone';
import { Endpoint, SPEC } from './endpoint';

/** What is answered is kept, whatever ends the process. */

let folder: string;
const started: Endpoint[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-pinecone-durable-'));
});

afterEach(async () => {
  for (const endpoint of started.splice(0)) await endpoint.end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Endpoint> {
  const endpoint = await Endpoint.start({ folder });
  started.push(endpoint);
  return endpoint;
}

async function allIds(index: Index, namespace: string): Promise<string[]> {
  const ids: string[] = [];
  let paginationToken: string | undefined;
  do {
    const page = await index.listPaginated({ namespace, ...(paginationToken && { paginationToken }) });
    ids.push(...page.vectors!.map(({ id }) => id!));
    paginationToken = page.pagination?.next;
  } while (paginationToken !== undefined);
  return ids;
}

test('after SIGKILL in the middle of upserts all answered ones are there whole, and none by half', async () => {
  const batch = 40;
  const first = await start();
  await first.client().createIndex({ name: 'kept', dimension: 64, metric: 'cosine', spec: SPEC });
  const index = first.client().index({ name: 'kept' });
  const values = (at: number): number[] => Array.from({ length: 64 }, (_, place) => Math.fround(Math.sin(at + place)));
  const record = (number: number, at: number) => ({ id: `${number}-${at}`, values: values(at), metadata: { number } });

  const answered: number[] = [];
  let killing: Promise<void> | undefined;
  const writer = async (from: number): Promise<void> => {
    for (let number = from; ; number += 3) {
      const records = Array.from({ length: batch }, (_, at) => record(number, at));
      await index.upsert({ records, namespace: 'n' });
      answered.push(number);
      if (answered.length > 30) killing ??= first.end('SIGKILL');
    }
  };
  await Promise.allSettled([writer(0), writer(1), writer(2)]);
  await killing;

  const second = await start();
  const again = second.client().index({ name: 'kept' });
  const counts = new Map<number, number>();
  for (const id of await allIds(again, 'n')) {
    const number = Number(id.split('-')[0]);
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  expect(answered.length).toBeGreaterThan(30);
  for (const number of answered) expect(counts.get(number)).toBe(batch);
  expect(new Set(counts.values())).toEqual(new Set([batch]));
  const { records } = await again.fetch({ ids: [`${answered[0]}-7`], namespace: 'n' });
  expect(records[`${answered[0]}-7`]).toMatchObject({ metadata: { number: answered[0] } });
  expect(records[`${answered[0]}-7`]!.values!.map(Math.fround)).toEqual(values(7));
});

test('a restart keeps indexes, tags, protection, namespaces, records, updates and deletes', async () => {
  const first = await start();
  const client = first.client();
  await client.createIndex({ name: 'kept', dimension: 2, metric: 'euclidean', spec: SPEC, tags: { a: 'b' } });
  await client.createIndex({ name: 'gone', dimension: 2, metric: 'cosine', spec: SPEC });
  await client.deleteIndex('gone');
  await client.configureIndex({ name: 'kept', deletionProtection: 'enabled' });
  const index = client.index({ name: 'kept' });
  await index.upsert({ records: ['a', 'b', 'c'].map((id) => ({ id, values: [1, 2], metadata: { id } })) });
  await index.createNamespace({ name: 'empty' });
  await index.update({ id: 'a', values: [3, 4], metadata: { more: true } });
  await index.deleteOne({ id: 'b' });
  const before = [await client.describeIndex('kept'), await index.describeIndexStats(), await index.listNamespaces()];
  await first.end('SIGTERM');

  const second = await start();
  const again = second.client().index({ name: 'kept' });
  const { host, ...described } = await second.client().describeIndex('kept');
  expect(host).toBe(`${second.url}/data/kept`);
  expect([
    { host: expect.any(String), ...described },
    await again.describeIndexStats(),
    await again.listNamespaces(),
  ]).toEqual(before.map((one) => ('host' in one ? { ...one, host: expect.any(String) } : one)));
  expect((await again.fetch({ ids: ['a', 'b', 'c'] })).records).toMatchObject({
    a: { values: [3, 4], metadata: { id: 'a', more: true } },
    c: { values: [1, 2] },
  });
  expect((await again.query({ vector: [3, 4], topK: 5 })).matches.map(({ id }) => id)).toEqual(['a', 'c']);
  expect((await second.client().listIndexes()).indexes).toHaveLength(1);
});

test('the file gives back the room of what was deleted', async () => {
  const endpoint = await start();
  await endpoint.client().createIndex({ name: 'large', dimension: 512, metric: 'cosine', spec: SPEC });
  const index = endpoint.client().index({ name: 'large' });
  const values = Array.from({ length: 512 }, (_, at) => at + 1);
  for (let batch = 0; batch < 20; batch++)
    await index.upsert({ records: Array.from({ length: 200 }, (_, at) => ({ id: `${batch}-${at}`, values })) });
  await index.deleteAll();
  await endpoint.end();
  expect(statSync(path.join(folder, 'pinecone.sqlite')).size).toBeLessThan(2 ** 20);
});

test('two processes do not share a folder', async () => {
  await start();
  await expect(start()).rejects.toThrow(/another process uses .*pinecone\.sqlite/);
});

test('a file that is none of ours, or of a later version, is refused and left as it is', async () => {
  const file = path.join(folder, 'pinecone.sqlite');
  writeFileSync(file, 'this is no database, but it is longer than a header of a hundred bytes '.repeat(10));
  const copy = path.join(os.tmpdir(), `sqlift-pinecone-copy-${process.pid}`);
  copyFileSync(file, copy);
  await expect(start()).rejects.toThrow(/file is not a database/);
  expect(statSync(file).size).toBe(statSync(copy).size);
  rmSync(copy);
  rmSync(file);

  const endpoint = await start();
  await endpoint.end();
  const db = new Database(file);
  db.pragma('user_version = 99');
  db.close();
  await expect(start()).rejects.toThrow(/later version of sqlift/);
});

test('its help says what it is and is not', async () => {
  const root = path.resolve(__dirname, '..', '..', '..');
  const main = ['--require', path.join(root, 'test/support/typescript.js'), path.join(root, 'stack/pinecone/main.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, [...main, '--help']);
  expect(stdout).toMatch(/development server[^]*It is not Pinecone/);
  await expect(promisify(execFile)(process.execPath, main)).rejects.toMatchObject({
    stderr: expect.stringContaining('--data'),
  });
});
