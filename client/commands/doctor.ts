import { readFileSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import path from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../core/search-attributes';
import type { ServerName } from '../../stack';
import { hasLedger } from '../../stores/ledger/runs';
import { checkTarget } from '../../stores/postgres/preflight';
import { withClient } from '../../stores/postgres/target';
import type { CommandModule } from '../command';
import { packageRoot } from '../context';
import type { Context } from '../context';
import type { Check } from '../doctor/check';
import { neo4jChecks } from '../doctor/neo4j';
import { pineconeChecks } from '../doctor/pinecone';
import { redisChecks } from '../doctor/redis';
import { asSqliftError, exitCodeOf } from '../errors';
import { bytes } from '../format';
import { redact } from '../redact';
import { withSession } from '../session';
import type { Session } from '../session';
import { hostOf } from '../settings';
import type { Setting } from '../settings';
import type { TemporalLink } from '../temporal';
import { pollers } from '../worker-process';

/** Free room below which a note is worth it. */
const ROOM = 2_000_000_000;

/** What the API calls the types: temporal.api.enums.v1.IndexedValueType. */
const INDEXED = { KEYWORD: 2, INT: 3 } as const;

export const define: CommandModule['define'] = (command, run) => {
  command
    .option('--to <url>', 'PostgreSQL to look at')
    .option('--fix', 'register missing search attributes in Temporal')
    .option('--json', 'print one JSON object')
    .action(
      run((context, { to, fix = false, json }: { to?: string; fix?: boolean; json?: boolean }) =>
        withSession(context, { stack: 'look', flags: { to } }, async (session) => {
          let exit = 0;
          const checks: Check[] = [nodeCheck(), sqliteCheck(), await homeCheck(session)];
          for (const { name, server, check } of serversToCheck(session, fix)) {
            try {
              checks.push(...(await check()));
            } catch (error) {
              const found = failedCheck(name, server, session, error);
              checks.push(found);
              if (found.state === 'bad') exit ||= exitCodeOf(error);
            }
          }
          if (exit === 0 && checks.some((check) => check.state === 'bad')) exit = 1;
          print(context, checks, json === true);
          return exit;
        }),
      ),
    );
};

interface ServerToCheck {
  name: string;
  server: ServerName;
  check: () => Promise<Check[]>;
}

function serversToCheck(session: Session, fix: boolean): ServerToCheck[] {
  const { settings } = session;
  const originOf = (setting: Setting | undefined): string => setting?.origin ?? 'embedded stack';
  const { neo4j, pinecone, redis } = settings;
  return [
    { name: 'Temporal', server: 'temporal', check: () => temporalChecks(session, fix) },
    { name: 'PostgreSQL', server: 'postgres', check: () => postgresChecks(session) },
    { name: 'Neo4j', server: 'neo4j', check: async () => neo4jChecks(session.neo4j(), originOf(neo4j?.uri)) },
    {
      name: 'Pinecone',
      server: 'pinecone',
      check: async () => pineconeChecks(session.pinecone(), originOf(pinecone?.apiKey ?? pinecone?.controllerHost)),
    },
    { name: 'Redis', server: 'redis', check: async () => redisChecks(session.redis(), originOf(redis)) },
  ];
}

/** Embedded servers start by themselves when they are needed: that one does not run is no fault. */
function failedCheck(name: string, server: ServerName, { settings }: Session, error: unknown): Check {
  const { message, hint } = asSqliftError(error);
  if (settings[server] !== undefined) return { name, state: 'bad', text: message, help: hint };
  return { name, state: 'note', text: `the embedded one does not run; \`sqlift stack up ${server}\` starts it` };
}

function print({ terminal, command }: Context, checks: readonly Check[], json: boolean): void {
  if (json) return terminal.json({ checks });
  const { dataColors: colors } = terminal;
  const marks = { ok: colors.green('✓'), note: colors.yellow('·'), bad: colors.red('✗') };
  const width = Math.max(...checks.map((check) => check.name.length));
  for (const { name, state, text, help } of checks) {
    terminal.out(redact(`${marks[state]} ${name.padEnd(width)}  ${text.replaceAll('`sqlift ', `\`${command} `)}`));
    if (help !== undefined)
      terminal.out(`  ${' '.repeat(width)}  ${colors.dim(help.replaceAll('`sqlift ', `\`${command} `))}`);
  }
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 12);
  return {
    name: 'Node.js',
    state: fits ? 'ok' : 'bad',
    text: process.versions.node,
    ...(!fits && { help: '20.12 or later is needed' }),
  };
}

function sqliteCheck(): Check {
  const { version } = JSON.parse(
    readFileSync(path.join(packageRoot(), 'node_modules', 'better-sqlite3', 'package.json'), 'utf8'),
  ) as { version: string };
  return { name: 'SQLite', state: 'ok', text: `better-sqlite3 ${version}` };
}

async function homeCheck({ home }: Session): Promise<Check> {
  const name = 'State folder';
  let folder = home;
  // A folder that does not exist yet lies where its nearest ancestor does.
  while (!(await readable(folder)) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return {
      name,
      state: 'bad',
      text: `${home} cannot be written`,
      help: 'Choose another with --home or SQLIFT_HOME.',
    };
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  return { name, state: free < ROOM ? 'note' : 'ok', text: `${home}, ${bytes(free)} free` };
}

const readable = (folder: string): Promise<boolean> =>
  access(folder, constants.F_OK).then(
    () => true,
    () => false,
  );

async function temporalChecks(session: Session, fix: boolean): Promise<Check[]> {
  const link = await session.temporal();
  const info = await link.connection.workflowService.getSystemInfo({});
  const queue = session.settings.taskQueue.value;
  const found = await pollers(link, queue);
  return [
    {
      name: 'Temporal',
      state: 'ok',
      text: `${link.address} (${link.origin}), namespace ${link.namespace}, server ${info.serverVersion}`,
    },
    await attributesCheck(link, fix),
    found.length > 0
      ? { name: 'Worker', state: 'ok', text: `${found.join(', ')} on ${queue}` }
      : {
          name: 'Worker',
          state: 'note',
          text: `none on ${queue}; \`sqlift migrate\` starts one, \`sqlift worker\` too`,
        },
  ];
}

async function attributesCheck(link: TemporalLink, fix: boolean): Promise<Check> {
  const name = 'Search attributes';
  const { namespace } = link;
  const { customAttributes } = await link.connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([attribute]) => customAttributes[attribute] === undefined);
  if (missing.length === 0) return { name, state: 'ok', text: Object.keys(SEARCH_ATTRIBUTES).join(', ') };
  const names = missing.map(([attribute]) => attribute).join(', ');
  if (!fix)
    return {
      name,
      state: 'bad',
      text: `missing: ${names}`,
      help: 'Run `sqlift doctor --fix`; on Temporal Cloud add them in the Web UI or with tcld.',
    };
  await link.connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(([attribute, type]) => [attribute, INDEXED[type]])),
  });
  return { name, state: 'ok', text: `registered ${names}` };
}

async function postgresChecks(session: Session): Promise<Check[]> {
  const { value, origin } = session.postgres();
  const facts = await session.withTarget(async (pool) => ({
    ...(await checkTarget(pool, [])),
    ledger: await withClient(pool, hasLedger),
  }));
  return [
    {
      name: 'PostgreSQL',
      state: 'ok',
      text: `${facts.version} at ${hostOf(value)} (${origin}), database ${facts.database} as ${facts.user}, ledger ${facts.ledger ? 'there' : 'not there yet'}`,
    },
  ];
}
