import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { ensureNeo4j } from './neo4j-program';
import { managedStatus, startManaged } from './process';
import type { EmbeddedServer, StackStatus } from './server';
import { portFor, type StackState } from './state';
import { endStray } from './stray';

/**
 * The embedded Neo4j: Community 5.26 with Graph Data Science, Bolt on 127.0.0.1 only. It asks for no password, because a
 * `bolt://` address cannot carry one: whoever can run programs on this machine can read it. For data that others here must not
 * see, NEO4J_URI names a server of one's own.
 */

/**
 * Graph Data Science projects graphs into the heap. The serial collector starts in less time and memory than Java's own choice.
 * SQLIFT_NEO4J_JAVA_OPTIONS are taken in their place.
 */
const JAVA_OPTIONS = '-Xms128m -Xmx1g -XX:+UseSerialGC';

/** What Neo4j's own start script opens to it. */
const OPENS = ['java.base/java.nio', 'java.base/java.io', 'java.base/sun.nio.ch'].map(
  (name) => `--add-opens=${name}=ALL-UNNAMED`,
);

/** It starts in ten seconds on an idle machine, and takes minutes on one that is busy with much else. */
const READY_MS = 300_000;

/** What it has in memory goes to disk first. */
const STOP_MS = 60_000;

export const neo4j: EmbeddedServer<'neo4j'> = {
  name: 'neo4j',

  isConfigured: (env) => Boolean(env.NEO4J_URI),

  async ensureProgram(env, onStep) {
    await ensureNeo4j(env, onStep);
  },

  async start({ home, state, env, onStep }) {
    const { java, folder } = await ensureNeo4j(env, onStep);
    const own = path.join(home, 'neo4j');
    const homeArgument = `--home-dir=${own}`;
    if (managedStatus(home, 'neo4j') === undefined) {
      await endStray(path.join(own, 'run', 'neo4j.pid'), homeArgument, 'SIGTERM');
      onStep('Starting Neo4j');
      configure(own, folder, await portFor(home, state, 'neo4j'));
    }
    const url = urlOf(state)!;
    let answer: StackStatus['neo4j'];
    await startManaged(home, {
      name: 'neo4j',
      command: java,
      args: [
        ...(env.SQLIFT_NEO4J_JAVA_OPTIONS ?? JAVA_OPTIONS).split(/\s+/).filter((option) => option !== ''),
        ...OPENS,
        // Relative to `cwd`: a colon in a folder's name would end the entry.
        '-cp',
        'lib/*:plugins/*',
        'org.neo4j.server.CommunityEntryPoint',
        homeArgument,
        `--config-dir=${path.join(own, 'conf')}`,
        '--console-mode',
      ],
      cwd: folder,
      env: cleanEnvironment(own),
      ready: async () => {
        answer = await ask(url);
      },
      readyMs: READY_MS,
      stopMs: STOP_MS,
    });
    if (answer !== undefined) return answer;
    throw new SqliftError('StackFailed', 'Neo4j started but does not answer', { server: 'neo4j' });
  },

  async status(home, state) {
    const url = urlOf(state);
    if (url === undefined || managedStatus(home, 'neo4j') === undefined) return undefined;
    return await ask(url).catch(() => undefined);
  },
};

/** Written anew at each start: the port may have changed, and the programs may have moved. */
function configure(own: string, programs: string, port: number): void {
  const settings = {
    'server.bolt.enabled': 'true',
    'server.bolt.listen_address': `127.0.0.1:${port}`,
    'server.http.enabled': 'false',
    'server.https.enabled': 'false',
    'dbms.security.auth_enabled': 'false',
    'dbms.security.procedures.unrestricted': 'gds.*',
    'dbms.usage_report.enabled': 'false',
    'server.memory.pagecache.size': '256m',
    // Days of old transactions serve backups, which Community does not have.
    'db.tx_log.rotation.retention_policy': 'keep_none',
    'server.directories.plugins': path.join(programs, 'plugins'),
    // With its databases closed it would wait 10 more seconds for connections that are gone.
    'internal.dbms.bolt.netty_server_shutdown_quiet_period': '0',
  };
  for (const folder of ['conf', 'run']) mkdirSync(path.join(own, folder), { recursive: true, mode: 0o700 });
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`);
  writeFileSync(path.join(own, 'conf', 'neo4j.conf'), lines.join(''), { mode: 0o600 });
}

async function ask(url: string): Promise<NonNullable<StackStatus['neo4j']>> {
  const { default: driver } = await import('neo4j-driver');
  const connection = driver.driver(url, undefined, {
    connectionTimeout: 3000,
    connectionAcquisitionTimeout: 5000,
    telemetryDisabled: true,
  });
  const session = connection.session({ database: 'neo4j' });
  try {
    const query =
      'CALL dbms.components() YIELD name, versions WHERE name = "Neo4j Kernel" RETURN versions[0] AS version, gds.version() AS gds';
    const [record] = (await session.run(query, {}, { timeout: 10_000 })).records;
    return { url, version: String(record!.get('version')), gds: String(record!.get('gds')) };
  } finally {
    await session.close();
    await connection.close();
  }
}

function urlOf(state: StackState): string | undefined {
  const port = state.ports.neo4j;
  return port === undefined ? undefined : `bolt://127.0.0.1:${port}`;
}

/** Without the caller's JAVA_TOOL_OPTIONS; in a locale that lets Java open files of any name. */
const cleanEnvironment = (own: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: own,
  LC_ALL: process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8',
  TZ: 'UTC',
});
