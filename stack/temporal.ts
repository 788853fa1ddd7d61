import type { Connection } from '@temporalio/client';
import path from 'node:path';
import { SEARCH_ATTRIBUTES } from '../core/search-attributes';
import { ensureFolder } from './home';
import { managedStatus, startManaged } from './process';
import type { EmbeddedServer } from './server';
import { portFor, type StackState } from './state';
import { ensureTemporal } from './temporal-program';

/** The embedded Temporal: its dev server with the Web UI, both on 127.0.0.1, workflows kept in one file. */

/**
 * Every step of a workflow is a few transactions of the server's own SQLite file. With a write-ahead log they survive the
 * death of the process; only a crash of the machine may cost the last of them, and then the ledger in the target still knows.
 */
const PRAGMAS = ['journal_mode=wal', 'synchronous=normal'];

const NAMESPACE = 'default';

/** What `--search-attribute` calls the types, and their numbers in the API (temporal.api.enums.v1.IndexedValueType). */
const TYPES = { KEYWORD: { flag: 'Keyword', api: 2 }, INT: { flag: 'Int', api: 3 } } as const;

export const temporal: EmbeddedServer<'temporal'> = {
  name: 'temporal',

  isConfigured: (env) => [env.TEMPORAL_ADDRESS, env.TEMPORAL_PROFILE, env.TEMPORAL_CONFIG_FILE].some(Boolean),

  async ensureProgram(env, onStep) {
    await ensureTemporal(env, onStep);
  },

  async start({ home, state, env, onStep }) {
    const program = await ensureTemporal(env, onStep);
    const running = managedStatus(home, 'temporal') !== undefined;
    if (!running) {
      onStep('Starting Temporal');
      await portFor(home, state, 'temporal');
      await portFor(home, state, 'temporal-ui');
    }
    const { address, port, webUrl, uiPort } = addressesOf(state)!;
    const file = path.join(ensureFolder(path.join(home, 'temporal')), 'temporal.db');
    const attributes = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => `${name}=${TYPES[type].flag}`);
    await startManaged(home, {
      name: 'temporal',
      command: program,
      args: [
        ...`server start-dev --ip 127.0.0.1 --port ${port} --ui-port ${uiPort} --log-level error --db-filename`.split(
          ' ',
        ),
        file,
        ...attributes.flatMap((attribute) => ['--search-attribute', attribute]),
        ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
      ],
      env: withoutTemporalSettings(env),
      ready: async () => {
        await connected(address, ensureUsable);
        await fetch(webUrl, { signal: AbortSignal.timeout(3000) });
      },
    });
    return { address, webUrl, version: await versionOf(address) };
  },

  async status(home, state) {
    const addresses = addressesOf(state);
    if (addresses === undefined || managedStatus(home, 'temporal') === undefined) return undefined;
    const { address, webUrl } = addresses;
    try {
      return { address, webUrl, version: await versionOf(address) };
    } catch {
      return undefined;
    }
  },
};

/**
 * Resolves when the namespace is there and knows every search attribute. A file made by an earlier version may lack
 * some: `--search-attribute` counts for new files only, so they are added here.
 */
async function ensureUsable(connection: Connection): Promise<void> {
  await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: NAMESPACE });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, TYPES[type].api]));
  await connection.operatorService.addSearchAttributes({ namespace: NAMESPACE, searchAttributes });
  throw new Error('search attributes were added a moment ago');
}

/** Of the server, which is not that of the CLI it is part of. */
const versionOf = (address: string): Promise<string> =>
  connected(address, async (connection) => (await connection.workflowService.getSystemInfo({})).serverVersion);

async function connected<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const { Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address, connectTimeout: 3000 });
  try {
    return await connection.withDeadline(Date.now() + 5000, () => work(connection));
  } finally {
    await connection.close();
  }
}

function addressesOf(state: StackState): { address: string; port: number; webUrl: string; uiPort: number } | undefined {
  const port = state.ports.temporal;
  const uiPort = state.ports['temporal-ui'];
  if (port === undefined || uiPort === undefined) return undefined;
  return { address: `127.0.0.1:${port}`, port, webUrl: `http://127.0.0.1:${uiPort}`, uiPort };
}

/** The CLI obeys TEMPORAL_* variables too: those of the caller are meant for clients, not for this server. */
const withoutTemporalSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
