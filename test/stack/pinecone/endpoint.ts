import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Pinecone } from '@pinecone-database/pinecone';

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** A local endpoint of its own, run from the sources, on data in `folder`. */
export class Endpoint {
  private constructor(
    readonly url: string,
    readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** Rejects with what the process said when it ends instead of getting ready. */
  static async start(options: { folder?: string; memoryMb?: number; port?: string } = {}): Promise<Endpoint> {
    const folder = options.folder ?? mkdtempSync(path.join(os.tmpdir(), 'sqlift-pinecone-'));
    const args = [
      '--require',
      path.join(ROOT, 'test', 'support', 'typescript.js'),
      path.join(ROOT, 'stack/pinecone/main.ts'),
    ];
    if (options.memoryMb !== undefined) args.push('--memory-mb', String(options.memoryMb));
    const child = spawn(process.execPath, [...args, '--data', folder, '--port', options.port ?? '0'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        const [, ready] = /^ready (\S+)$/m.exec(said) ?? [];
        if (ready !== undefined) resolve(ready);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => reject(new Error(`the endpoint ended with ${code}: ${said}`)));
    });
    return new Endpoint(url, folder, child);
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** With a key of its own: the SDK remembers an index's host for as long as the process lives, by key and name. */
  client(): Pinecone {
    return new Pinecone({ apiKey: randomUUID(), controllerHostUrl: this.url });
  }

  /** Resolves when the process is gone; its data stay. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill(signal);
    await gone;
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One request without the SDK: `key: null` leaves the api-key header out. */
  async request(
    method: string,
    location: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; type: string | null; text: string; json: () => unknown; headers: Headers }> {
    const sent = typeof body === 'string' || body instanceof Uint8Array ? body : body && JSON.stringify(body);
    const response = await fetch(`${this.url}${location}`, {
      method,
      headers: { 'api-key': 'test', 'x-pinecone-api-version': '2026-04', ...headers },
      ...(sent !== undefined && { body: sent as string }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type');
    return { status: response.status, type, text, json: () => JSON.parse(text), headers: response.headers };
  }
}

export const SPEC = { serverless: { cloud: 'aws', region: 'us-east-1' } } as const;
