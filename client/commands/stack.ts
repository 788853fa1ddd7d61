import { Option } from 'commander';
import { SqliftError } from '../../core/errors';
import { neededServers, stackDown, stackHome, stackStatus, stackUp } from '../../stack';
import type { ServerName, StackStatus } from '../../stack';
import type { CommandModule } from '../command';
import type { Context } from '../context';
import { redact, rememberUrl } from '../redact';

const NAMES = ['postgres', 'temporal'] as const satisfies readonly ServerName[];

export const define: CommandModule['define'] = (command, run) => {
  command
    .command('up')
    .description('Start the embedded servers that are not configured by address, and wait until they answer.')
    .argument('[servers...]', `which: ${NAMES.join(', ')}; by default those that no setting gives an address of`)
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, given: string[], { json }: { json?: boolean }) => {
        const { home, env } = place(context);
        const unknown = given.filter((name) => !(NAMES as readonly string[]).includes(name));
        if (unknown.length > 0)
          throw new SqliftError(
            'UsageInvalid',
            `There is no server ${unknown.join(', ')}; there are ${NAMES.join(', ')}`,
          );
        const servers = given.length > 0 ? (given as ServerName[]) : neededServers(env);
        for (const name of NAMES.filter((one) => !servers.includes(one)))
          context.terminal.say(`${name} is configured by address and is not started`);
        show(context, await stackUp({ home, env, servers, onStep: (line) => context.terminal.say(`${line} …`) }), json);
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
    .description('Which embedded servers answer, and where.')
    .option('--json', 'print one JSON object, with the password of the embedded PostgreSQL')
    .addOption(new Option('--url <server>', 'print the address of this server alone, with its password').choices(NAMES))
    .action(
      run(async (context, { json, url }: { json?: boolean; url?: ServerName }) => {
        const status = await stackStatus({ home: place(context).home });
        if (url === undefined) return show(context, status, json);
        const address = url === 'postgres' ? status.postgres?.url : status.temporal?.address;
        if (address === undefined)
          throw new SqliftError(
            url === 'postgres' ? 'TargetUnreachable' : 'TemporalUnreachable',
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

function show({ terminal }: Context, status: StackStatus, json: boolean | undefined): void {
  if (status.postgres !== undefined) rememberUrl(status.postgres.url);
  if (json === true) return terminal.json(status);
  const { postgres, temporal } = status;
  terminal.out(
    postgres === undefined ? 'PostgreSQL  not running' : `PostgreSQL  ${postgres.version}  ${redact(postgres.url)}`,
  );
  terminal.out(
    temporal === undefined ? 'Temporal    not running' : `Temporal    ${temporal.address}  Web UI ${temporal.webUrl}`,
  );
}
