import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EmbeddingCache } from '../../../stores/embedder/cache';
import { embedAll } from '../../../stores/embedder/embed-all';
import { openEmbedder } from '../../../stores/embedder/open';
import { hashingEmbedder } from '../../../stores/embedder/hashing';
import { toFailure } from '../../../activities/failure';
import type { ApplicationFailure } from '@temporalio/activity';

/** A service that speaks the API of OpenAI and of Ollama, and does what a test asks of it. */
class Service {
  readonly asked: {
    url: string;
    body: { input: string[]; model: string; dimensions?: number };
    key: string | undefined;
  }[] = [];
  answer: (response: ServerResponse, vectors: number[][], ollama: boolean) => void = (response, vectors, ollama) => {
    const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })).reverse();
    response.end(
      JSON.stringify(ollama ? { embeddings: vectors } : { object: 'list', data, usage: { total_tokens: 1 } }),
    );
  };
  #server!: Server;
  url = '';

  async start(): Promise<this> {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const body = JSON.parse(text) as { input: string[]; model: string };
    this.asked.push({ url: request.url!, body, key: request.headers.authorization });
    const vectors = body.input.map((input) => [input.length, 1, input.charCodeAt(0) / 3]);
    this.answer(response, vectors, request.url === '/api/embed');
  }
}

let service: Service;
let folder: string;
beforeEach(async () => {
  service = await new Service().start();
  folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-embedder-'));
});
afterEach(async () => {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

const openai = (env: NodeJS.ProcessEnv = {}) =>
  openEmbedder({ provider: 'openai', model: 'small' }, undefined, {
    env: { OPENAI_BASE_URL: `${service.url}/v1`, ...env },
  });
const answerWith = (status: number, body = '', headers: Record<string, string> = {}) => {
  service.answer = (response) => void response.writeHead(status, headers).end(body);
};

test('an OpenAI-compatible service gives the vectors in the order of the texts, whatever the order of its answer', async () => {
  const vectors = await openai({ OPENAI_API_KEY: 'sk-1' }).embed(['a', 'bcd']);
  expect(vectors).toEqual([Float32Array.of(1, 1, 97 / 3), Float32Array.of(3, 1, 98 / 3)]);
  expect(service.asked).toMatchObject([{ url: '/v1/embeddings', body: { model: 'small' }, key: 'Bearer sk-1' }]);
});

test('Ollama is asked by its own API, at OLLAMA_HOST', async () => {
  const host = new URL(service.url).host;
  const embedder = openEmbedder({ provider: 'ollama', model: 'minilm' }, undefined, { env: { OLLAMA_HOST: host } });
  expect(await embedder.embed(['ab'])).toEqual([Float32Array.of(2, 1, 97 / 3)]);
  expect(service.asked).toMatchObject([{ url: '/api/embed', body: { model: 'minilm', truncate: false } }]);
});

test('the plan’s dimension is asked for of models that shorten their vectors', async () => {
  const planned = { provider: 'openai', model: 'text-embedding-3-small', url: service.url } as const;
  await openEmbedder(planned, 256, { env: {} }).embed(['a']);
  expect(service.asked[0]!.body.dimensions).toBe(256);
});

test('a 429 becomes a failure that Temporal tries again after as long as the service asks', async () => {
  answerWith(429, '{"error":"slow down, dear customer Ada"}', { 'retry-after': '7' });
  const error = await openai()
    .embed(['a'])
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'RateLimited', retryAfter: 7_000 });
  const failure = toFailure(error) as ApplicationFailure;
  expect(failure).toMatchObject({ nonRetryable: false, nextRetryDelay: 7_000, type: 'RateLimited' });
  expect(JSON.stringify(failure)).not.toContain('Ada');
});

test('a Retry-After may be a date', async () => {
  answerWith(429, '', { 'retry-after': new Date(Date.now() + 5_000).toUTCString() });
  const error = (await openai()
    .embed(['a'])
    .catch((caught: unknown) => caught)) as { retryAfter: number };
  expect(error.retryAfter).toBeGreaterThan(2_000);
  expect(error.retryAfter).toBeLessThanOrEqual(5_000);
});

test.each([
  ['a failing service', 500, '', 'EmbedderUnreachable'],
  ['a proxy’s page', 200, '<html>', 'EmbedderUnreachable'],
  ['too few vectors', 200, '{"data":[]}', 'EmbedderUnreachable'],
  ['no numbers', 200, '{"data":[{"index":0,"embedding":["x"]}]}', 'EmbedderUnreachable'],
  ['an index twice', 200, '{"data":[{"index":3,"embedding":[1]}]}', 'EmbedderUnreachable'],
  ['numbers beyond 32 bits', 200, '{"data":[{"index":0,"embedding":[1e300]}]}', 'EmbedderUnreachable'],
  ['a wrong key', 401, '', 'EmbedderRefused'],
  ['an unknown model', 404, '', 'EmbedderRefused'],
])('%s is said as what it is', async (_, status, body, code) => {
  answerWith(status, body);
  await expect(openai().embed(['secret text'])).rejects.toMatchObject({ code });
  await expect(openai().embed(['secret text'])).rejects.not.toThrow(/secret/);
});

test('a service that hangs up, or is not there, is unreachable', async () => {
  service.answer = (response) => response.destroy();
  await expect(openai().embed(['a'])).rejects.toMatchObject({ code: 'EmbedderUnreachable' });
  const gone = openEmbedder({ provider: 'openai', model: 'm', url: 'http://127.0.0.1:1' }, undefined, { env: {} });
  await expect(gone.embed(['a'])).rejects.toMatchObject({ code: 'EmbedderUnreachable' });
});

test('OpenAI itself is not asked without a key', async () => {
  const embedder = openEmbedder({ provider: 'openai', model: 'm' }, undefined, { env: {} });
  await expect(embedder.embed(['a'])).rejects.toMatchObject({ code: 'SettingMissing' });
});

test('transformers.js says what is missing: the model, then the package', async () => {
  const at = (model: string) => openEmbedder({ provider: 'transformers', model }, undefined, { env: {} });
  await expect(at(folder).embed(['a'])).rejects.toThrow(/config.json is missing/);
  writeFileSync(path.join(folder, 'config.json'), '{}');
  await expect(at(folder).embed(['a'])).rejects.toThrow(/npm install --no-save @huggingface\/transformers/);
});

describe('the cache', () => {
  const file = () => path.join(folder, 'embeddings.sqlite');

  test('asks for each text once, also when a batch in the middle fails', async () => {
    const cache = new EmbeddingCache(file());
    const texts = Array.from({ length: 250 }, (_, i) => `text ${i % 200}`);
    const usual = service.answer;
    service.answer = (response, ...rest) => {
      if (service.asked.length === 2) response.writeHead(429, { 'retry-after': '0' }).end();
      else usual(response, ...rest);
    };
    await expect(embedAll(openai(), cache, texts)).rejects.toMatchObject({ code: 'RateLimited' });
    const vectors = await embedAll(openai(), cache, texts);
    expect(vectors).toHaveLength(250);
    expect(vectors[3]).toEqual(vectors[203]);
    const paid = service.asked.filter((_, i) => i !== 1).flatMap(({ body }) => body.input);
    expect(paid).toHaveLength(200);
    expect(new Set(paid).size).toBe(200);
    cache.close();

    // Another worker, another run.
    const again = new EmbeddingCache(file());
    const asked = service.asked.length;
    expect(await embedAll(openai(), again, texts)).toEqual(vectors);
    expect(service.asked).toHaveLength(asked);
    again.close();
  });

  test('keeps models and addresses apart', async () => {
    const cache = new EmbeddingCache(file());
    await embedAll(openai(), cache, ['a']);
    const other = openEmbedder({ provider: 'openai', model: 'large' }, undefined, {
      env: { OPENAI_BASE_URL: service.url },
    });
    await embedAll(other, cache, ['a']);
    expect(service.asked).toHaveLength(2);
    cache.close();
  });

  test('is shared by two connections that write at once, and stays bounded', () => {
    const [a, b] = [new EmbeddingCache(file(), 400_000), new EmbeddingCache(file(), 400_000)];
    const vector = Float32Array.from({ length: 384 }, (_, i) => i);
    for (let i = 0; i < 2_000; i++) (i % 2 === 0 ? a : b).put('m', [[`text ${i}`, vector]]);
    expect(a.get('m', 'text 1999')).toEqual(vector);
    expect(b.get('m', 'text 0')).toBeUndefined();
    expect(statSync(file()).size).toBeLessThan(1_000_000);
    a.close();
    b.close();
  });

  test('a model of another dimension than the plan’s is refused', async () => {
    await expect(embedAll(openai(), undefined, ['a'], { dimension: 4 })).rejects.toMatchObject({
      code: 'EmbedderRefused',
      message: expect.stringMatching(/3 dimensions, not 4/) as string,
    });
  });
});

describe('hashing', () => {
  const of = async (text: string, dimension?: number) => (await hashingEmbedder(dimension).embed([text]))[0]!;
  const alike = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

  test('gives the same text the same bits, on every machine and version', async () => {
    const vector = await of('Every art and every inquiry', 8);
    expect([...vector]).toEqual([...(await of('Every art and every inquiry', 8))]);
    const written = [-0.202721, 0.337869, 0.135147, -0.675737, 0.270295, 0, -0.067574, 0.54059];
    expect([...vector].map((value) => Number(value.toFixed(6)))).toEqual(written);
  });

  test.each(['a', '!!!', '…', ' \n ', 'ÄÖÜ ß', '日本語のテキスト', '😀', 'x'.repeat(100_000)])(
    '%#: length 1, no zeros alone',
    async (text) => {
      const vector = await of(text);
      expect(vector).toHaveLength(384);
      expect(Math.sqrt(alike(vector, vector))).toBeCloseTo(1, 5);
    },
  );

  test('texts with the same words are near each other, others are not', async () => {
    const art = await of('Every art and every inquiry is thought to aim at some good.');
    expect(alike(art, await of('every ART, and each inquiry, is thought to aim at something good'))).toBeGreaterThan(
      0.6,
    );
    expect(Math.abs(alike(art, await of('Shipbuilding needs timber from far away')))).toBeLessThan(0.3);
  });
});
