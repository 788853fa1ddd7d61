import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../core/search-attributes';
import { startManaged, stopManaged } from '../../stack/process';
import { ensureTemporal } from '../../stack/temporal-program';

export interface PrivateTemporal {
  address: string;
  stop: () => Promise<void>;
}

/** A Temporal of the test's own, with these settings of the server; `NAME=VALUE`, as `--dynamic-config-value` takes them. */
export async function startTemporal(settings: readonly string[]): Promise<PrivateTemporal> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-temporal-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const types = { KEYWORD: 'Keyword', INT: 'Int' } as const;
  await startManaged(home, {
    name: 'temporal',
    command: await ensureTemporal(process.env, () => {}),
    args: [
      ...`server start-dev --headless --ip 127.0.0.1 --port ${port} --log-level error`.split(' '),
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${types[type]}`]),
      ...settings.flatMap((setting) => ['--dynamic-config-value', setting]),
    ],
    ready: async () => {
      const connection = await Connection.connect({ address, connectTimeout: 3000 });
      try {
        await connection.workflowService.describeNamespace({ namespace: 'default' });
      } finally {
        await connection.close();
      }
    },
  });
  return {
    address,
    stop: async () => {
      await stopManaged(home, 'temporal');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
