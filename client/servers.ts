import { SqliftError } from '../core/errors';
import { SERVER_NAMES, neededServers } from '../stack';
import type { ServerName, StoreName } from '../stack';

/** The embedded servers that someone names on the command line. */

/** What commander says of such an argument. */
export const SERVERS_ARGUMENT = `which: ${SERVER_NAMES.join(', ')}; by default postgres and temporal, unless a setting gives their address. A run starts the others itself when its plan fills them`;

export interface ChosenServers {
  servers: ServerName[];
  /** Those that were left out because the environment gives their address. */
  configured: ServerName[];
}

/** Names that were given are taken even if their address is configured. Throws UsageInvalid for a name that is none. */
export function chosenServers(given: readonly string[], all: boolean, env: NodeJS.ProcessEnv): ChosenServers {
  const unknown = given.filter((name) => !(SERVER_NAMES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new SqliftError(
      'UsageInvalid',
      `There is no server ${unknown.join(', ')}; there are ${SERVER_NAMES.join(', ')}`,
    );
  if (given.length > 0) return { servers: given as ServerName[], configured: [] };
  const wanted = all ? SERVER_NAMES : (['postgres', 'temporal'] as const);
  const servers = neededServers(
    env,
    wanted.filter((name): name is StoreName => name !== 'temporal'),
  );
  return { servers, configured: wanted.filter((name) => !servers.includes(name)) };
}
