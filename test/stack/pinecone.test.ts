import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Pinecone } from '@pinecone-database/pinecone';
import { managedStatus, neededServers, stackDown, stackStatus, stackUp } from '../../stack';
import { SPEC } from './pinecone/endpoint';

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-pinecone-stack-'));
});

afterEach(async () => {
  await stackDown({ home });
  rmSync(home, { recursive: true, force: true });
});

test('the stack starts it, tells its address, and finds its data again at the same address', async () => {
  const up = await stackUp({ home, servers: ['pinecone'] });
  expect(up).toEqual({ pinecone: { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) } });
  expect(await stackStatus({ home })).toEqual(up);
  const client = new Pinecone({ apiKey: 'local', controllerHostUrl: up.pinecone!.url });
  await client.createIndex({ name: 'kept', dimension: 2, metric: 'cosine', spec: SPEC });
  await client.index({ name: 'kept' }).upsert({ records: [{ id: 'a', values: [1, 2] }] });

  expect(await stackUp({ home, servers: ['pinecone'] })).toEqual(up);
  expect(await stackDown({ home })).toEqual(['pinecone']);
  expect(await stackStatus({ home })).toEqual({});

  expect(await stackUp({ home, servers: ['pinecone'] })).toEqual(up);
  expect((await client.index({ name: 'kept' }).fetch({ ids: ['a'] })).records.a!.values).toEqual([1, 2]);
});

test('one that was killed is absent from the status, and started again on its data', async () => {
  const { pinecone } = await stackUp({ home, servers: ['pinecone'] });
  const client = new Pinecone({ apiKey: 'local', controllerHostUrl: pinecone!.url });
  await client.createIndex({ name: 'kept', dimension: 2, metric: 'cosine', spec: SPEC });
  const { pid } = managedStatus(home, 'pinecone')!;
  process.kill(pid, 'SIGKILL');
  while (managedStatus(home, 'pinecone') !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await stackStatus({ home })).toEqual({});
  expect((await stackUp({ home, servers: ['pinecone'] })).pinecone).toEqual(pinecone);
  expect((await client.listIndexes()).indexes).toHaveLength(1);
});

test('it is needed where a plan fills it and no key is set', () => {
  expect(neededServers({}, ['pinecone'])).toEqual(['temporal', 'pinecone']);
  expect(neededServers({ PINECONE_API_KEY: 'k' }, ['pinecone'])).toEqual(['temporal']);
  expect(neededServers({})).not.toContain('pinecone');
});
