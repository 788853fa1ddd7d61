import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SqliftError } from '../core/errors';
import { ensureFolder } from './home';

/** What the stack remembers between its starts, in `stack.json` (readable by its owner only: it holds a password). */

const StateSchema = z.object({
  format: z.literal(1),
  /** Loopback ports, chosen once by purpose (`postgres`, `temporal`, `temporal-ui`, …) and kept, so that addresses stay. */
  ports: z.record(z.string(), z.number()),
  postgres: z.object({ password: z.string(), major: z.number() }).optional(),
  /** The version is that of the last server that wrote the data. */
  redis: z.object({ password: z.string(), version: z.string() }).optional(),
});

export type StackState = z.infer<typeof StateSchema>;

/** The state kept in `home`; an empty one at first. Throws StackFailed when the file is damaged. */
export function readState(home: string): StackState {
  const file = path.join(home, 'stack.json');
  if (!existsSync(file)) return { format: 1, ports: {} };
  try {
    return StateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new SqliftError('StackFailed', `The stack’s state file ${file} cannot be read`, { file }, { cause });
  }
}

/** Replaces the state in one step: a reader sees the old or the new one, whole. */
export function writeState(home: string, state: StackState): void {
  writePrivate(path.join(ensureFolder(home), 'stack.json'), state);
}

/** Writes `value` as JSON in one step, readable by its owner only. */
export function writePrivate(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** A server that was killed may hold its port for some moments more than it is seen to run. */
const RELEASE_MS = 2000;

/** The port kept for `purpose` if it is free now or soon, else a free one, which is kept from then on. */
export async function portFor(home: string, state: StackState, purpose: string): Promise<number> {
  const kept = state.ports[purpose];
  for (const deadline = Date.now() + RELEASE_MS; kept !== undefined && Date.now() < deadline; await sleep(50))
    if ((await listen(kept)) !== undefined) return kept;
  let port = await listen(0);
  while (port === undefined || Object.values(state.ports).includes(port)) port = await listen(0);
  state.ports[purpose] = port;
  writeState(home, state);
  return port;
}

/** Listens on a loopback port for a moment; `undefined` when it is taken. Port 0 means any free one. */
function listen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
