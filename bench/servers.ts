import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { stackDown, stackUp } from '../stack';

/**
 * What PostgreSQL is measured with. Its own defaults otherwise, those that sqlift's embedded server changes included; nothing here trades
 * durability: fsync, synchronous_commit and full_page_writes are on, and wal_level is replica.
 */
export const POSTGRES_SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  min_wal_size: '80MB',
  maintenance_work_mem: '64MB',
  wal_compression: 'off',
  checkpoint_timeout: '5min',
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Servers of their own, in a state folder of their own, which holds nothing of anybody's and is removed at the end. */
export class BenchServers {
  #databases = 0;

  private constructor(
    readonly home: string,
    readonly version: string,
    private readonly url: string,
    private readonly onSignal: () => void,
  ) {}

  static async open(): Promise<BenchServers> {
    const home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-bench-'));
    // Servers outlive the process that started them.
    const onSignal = () => void remove(home).finally(() => process.exit(130));
    for (const signal of SIGNALS) process.once(signal, onSignal);
    try {
      const { postgres } = await stackUp({ home, servers: ['postgres'], postgresSettings: POSTGRES_SETTINGS });
      return new BenchServers(home, postgres!.version, postgres!.url, onSignal);
    } catch (error) {
      await remove(home);
      throw error;
    }
  }

  /** Starts Temporal unless it runs. */
  async temporal(): Promise<string> {
    const { temporal } = await stackUp({ home: this.home, servers: ['temporal'] });
    return temporal!.address;
  }

  /** Does something with an empty database, which is dropped afterwards. */
  async inDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
    const name = `bench_${(this.#databases += 1)}`;
    await this.#sql(`CREATE DATABASE ${name}`);
    try {
      const url = new URL(this.url);
      url.pathname = `/${name}`;
      return await work(url.href);
    } finally {
      await this.#sql(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  }

  /** Writes out what is still to be written, so that nobody whose time is taken pays for those before. */
  async settle(): Promise<void> {
    await this.#sql('CHECKPOINT');
    execFileSync('sync');
  }

  async close(): Promise<void> {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
    await remove(this.home);
  }

  async #sql(...statements: string[]): Promise<void> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

async function remove(home: string): Promise<void> {
  await stackDown({ home });
  rmSync(home, { recursive: true, force: true });
}
