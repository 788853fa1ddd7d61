import { existsSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { ensurePrivateFolder } from './home';
import { managedStatus, startManaged } from './process';
import type { EmbeddedServer } from './server';
import { portFor, type StackState } from './state';

/** The embedded Pinecone: the project's own development server in `stack/pinecone`, on 127.0.0.1 only. */

export const pinecone: EmbeddedServer<'pinecone'> = {
  name: 'pinecone',

  isConfigured: (env) => [env.PINECONE_API_KEY, env.PINECONE_CONTROLLER_HOST].some(Boolean),

  ensureProgram: async () => void program(),

  async start({ home, state, onStep }) {
    if (managedStatus(home, 'pinecone') === undefined) {
      onStep('Starting the local Pinecone endpoint');
      await portFor(home, state, 'pinecone');
    }
    const url = urlOf(state)!;
    await startManaged(home, {
      name: 'pinecone',
      command: process.execPath,
      args: [program(), '--data', ensurePrivateFolder(path.join(home, 'pinecone')), '--port', new URL(url).port],
      ready: () => answers(url),
    });
    return { url };
  },

  async status(home, state) {
    const url = urlOf(state);
    if (url === undefined || managedStatus(home, 'pinecone') === undefined) return undefined;
    try {
      await answers(url);
      return { url };
    } catch {
      return undefined;
    }
  },
};

/** Run from the sources, it is the one that was built from them. */
function program(): string {
  const above = path.resolve(__dirname, '..');
  const built = path.basename(above) === 'dist' ? above : path.join(above, 'dist');
  const file = path.join(built, 'stack', 'pinecone', 'main.js');
  if (!existsSync(file))
    throw new SqliftError('ServerMissing', `${file} is missing: the checkout is not built`, { file });
  return file;
}

async function answers(url: string): Promise<void> {
  const options = { headers: { 'api-key': 'status' }, signal: AbortSignal.timeout(3000) };
  const response = await fetch(`${url}/indexes`, options);
  if (!response.ok) throw new Error(`status ${response.status}`);
  await response.arrayBuffer();
}

function urlOf(state: StackState): string | undefined {
  const port = state.ports.pinecone;
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}
