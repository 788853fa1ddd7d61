import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Pinecone, type Index, type PineconeRecord } from '@pinecone-database/pinecone';
import { managedStatus, stackDown, stackUp } from '../stack';
import { memoryMib } from './process-tree';

/**
 * How fast the local Pinecone endpoint takes vectors through the official SDK, and how long its answers take: `npm run bench:vectors`.
 * Vectors are random, which is the worst case for a search that would leave some out; this one reads them all.
 */

const LIMIT_SECONDS = 60;
const LIMIT_P95_MS = 50;

/** As many of 384 dimensions as fit into Pinecone's 2 MB a request. */
const BATCH = 200;

/** Requests under way at once. */
const PARALLEL = 4;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      vectors: { type: 'string', default: '100000' },
      dimension: { type: 'string', default: '384' },
      queries: { type: 'string', default: '300' },
      folder: { type: 'string', default: 'bench/.data' },
    },
  });
  const [count, dimension, queries] = [Number(values.vectors), Number(values.dimension), Number(values.queries)];
  mkdirSync(values.folder, { recursive: true });
  const home = mkdtempSync(path.join(path.resolve(values.folder), 'vectors-'));
  try {
    const { pinecone } = await stackUp({ home, servers: ['pinecone'] });
    const client = new Pinecone({ apiKey: 'bench', controllerHostUrl: pinecone!.url });
    const spec = { serverless: { cloud: 'aws', region: 'us-east-1' } } as const;
    await client.createIndex({ name: 'bench', dimension, metric: 'cosine', spec });
    const index = client.index({ name: 'bench' });

    const seconds = await upsertAll(index, count, dimension);
    const { pid } = managedStatus(home, 'pinecone')!;
    const loaded = memoryMib(pid, 'VmRSS');
    print(
      `upsert   ${count} × ${dimension}: ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} vectors a second`,
    );

    const first = await timed(() => index.query({ vector: vector(count, dimension), topK: 10 }));
    print(`query    the first, which reads the file: ${first.toFixed(0)} ms`);
    const ask = (topK: number, options: object = {}): Promise<number> =>
      percentiles(`top ${topK}${'filter' in options ? ', filtered' : ''}`, queries, (at) =>
        index.query({ vector: vector(count + at, dimension), topK, ...options }),
      );
    const p95 = await ask(10);
    await ask(100, { includeMetadata: true });
    await ask(10, { filter: { kind: { $eq: 'k3' }, price: { $lt: 500 } } });
    const file = statSync(path.join(home, 'pinecone', 'pinecone.sqlite')).size / 2 ** 20;
    print(
      `memory   ${loaded.toFixed(0)} MiB loaded, ${memoryMib(pid, 'VmHWM').toFixed(0)} MiB at most; file ${file.toFixed(0)} MiB; load ${os.loadavg()[0]!.toFixed(1)} on ${os.cpus().length} processors`,
    );
    if (seconds > LIMIT_SECONDS || p95 > LIMIT_P95_MS) process.exitCode = 1;
  } finally {
    await stackDown({ home });
    rmSync(home, { recursive: true, force: true });
  }
}

async function upsertAll(index: Index, count: number, dimension: number): Promise<number> {
  let from = 0;
  const seconds = await timed(() => Promise.all(Array.from({ length: PARALLEL }, upsertSome)));
  return seconds / 1000;

  async function upsertSome(): Promise<void> {
    while (from < count) {
      const first = from;
      from += BATCH;
      const length = Math.min(BATCH, count - first);
      await index.upsert({ records: Array.from({ length }, (_, at) => record(first + at, dimension)) });
    }
  }
}

function record(number: number, dimension: number): PineconeRecord {
  const metadata = {
    kind: `k${number % 10}`,
    price: number % 1000,
    tags: [`t${number % 7}`, 'all'],
    text: `row ${number}`,
  };
  return { id: `items:${number}`, values: vector(number, dimension), metadata };
}

/** Numbers that differ with the seed and stay the same with it (mulberry32), as 32-bit floats. */
function vector(seed: number, dimension: number): number[] {
  let state = (seed + 1) * 0x9e3779b9;
  return Array.from({ length: dimension }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.fround(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1);
  });
}

async function percentiles(what: string, rounds: number, query: (at: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < rounds; at++) times.push(await timed(() => query(at)));
  times.sort((a, b) => a - b);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => times[Math.floor(share * times.length)]!);
  print(`query    ${what}: p50 ${p50!.toFixed(1)}, p95 ${p95!.toFixed(1)}, p99 ${p99!.toFixed(1)} ms`);
  return p95!;
}

/** In milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

void main();
