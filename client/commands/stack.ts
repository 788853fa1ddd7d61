import { Option } from 'commander';
import { SqliftError } from '../../core/errors';
import { SERVER_NAMES, stackDown, stackHome, stackReport, stackUp } from '../../stack';
import type { ServerName, StackReport } from '../../stack';
import type { CommandModule } from '../command';
import type { Context } from '../context';
import { bytes } from '../format';
import { redact } from '../redact';
import { textTable } from '../report/table';
import { rememberEmbedded } from '../session';
import { SERVERS_ARGUMENT, chosenServers } from '../servers';

const TITLES: Record<ServerName, string> = {
  postgres: 'PostgreSQL',
  temporal: 'Temporal',
  neo4j: 'Neo4j',
  pinecone: 'Pinecone',
  redis: 'Redis',
};

export const define: CommandModule['define'] = (command, run) => {
  command
    .command('up')
    .description('Start the embedded servers that are not configured by address, and wait until they answer.')
    .argument('[servers...]', SERVERS_ARGUMENT)
    .option('--all', 'every server')
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, given: string[], { all, json }: { all?: boolean; json?: boolean }) => {
        const { home, env } = place(context);
        const { servers, configured } = chosenServers(given, all === true, env);
        for (const name of configured) context.terminal.say(`${name} is configured by address and is not started`);
        await stackUp({ home, env, servers, onStep: (line) => context.terminal.say(`${line} …`) });
        show(context, await stackReport({ home }), json);
      }),
    );
  command
    .command('down')
    .description(
      'Stop the embedded servers and the workers that sqlift started. Data stays; runs go on when they are up again.',
    )
    .action(
      run(async (context) => {
        const ended = await stackDown({ home: place(context).home });
        context.terminal.say(ended.length === 0 ? 'Nothing was running' : `Stopped ${ended.join(', ')}`);
      }),
    );
  command
    .command('status')
    .description('Which embedded servers answer, and where; their versions, memory and logs.')
    .option('--json', 'print one JSON object, with the passwords of the embedded servers; memory is in bytes')
    .addOption(
      new Option('--url <server>', 'print the address of this server alone, with its password').choices(SERVER_NAMES),
    )
    .action(
      run(async (context, { json, url }: { json?: boolean; url?: ServerName }) => {
        const status = await stackReport({ home: place(context).home });
        if (url === undefined) return show(context, status, json);
        const address = addressOf(status[url]);
        if (address === undefined)
          throw new SqliftError(
            url === 'temporal' ? 'TemporalUnreachable' : 'TargetUnreachable',
            `The embedded ${url} does not run`,
          );
        context.terminal.out(address);
      }),
    );
};

function place(context: Context): { home: string; env: NodeJS.ProcessEnv } {
  const { home, env } = context.settings();
  return { home: home?.value ?? stackHome(env), env };
}

function addressOf(server: StackReport[ServerName]): string | undefined {
  return server === undefined || 'url' in server ? server?.url : server.address;
}

function show({ terminal }: Context, status: StackReport, json: boolean | undefined): void {
  rememberEmbedded(status);
  if (json === true) return terminal.json(status);
  const rows = SERVER_NAMES.map((name) => {
    const server = status[name];
    if (server === undefined) return [TITLES[name], '', 'not running', '', ''];
    const { memory, log = '' } = server;
    return [TITLES[name], versionOf(server), placeOf(server), memory === undefined ? '' : bytes(memory), log];
  });
  terminal.out(textTable(['server', 'version', 'address', 'memory', 'log'], rows, [3], terminal.dataColors.dim));
}

function versionOf(server: NonNullable<StackReport[ServerName]>): string {
  const version = 'version' in server ? server.version : '';
  return 'gds' in server ? `${version}, GDS ${server.gds}` : version;
}

function placeOf(server: NonNullable<StackReport[ServerName]>): string {
  const address = redact(addressOf(server)!);
  return 'webUrl' in server ? `${address}, Web UI ${server.webUrl}` : address;
}
