import { ensurePrograms } from '../../stack';
import type { CommandModule } from '../command';
import { SERVERS_ARGUMENT, chosenServers } from '../servers';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[servers...]', SERVERS_ARGUMENT)
    .option('--all', 'the programs of every server')
    .action(
      run(async (context, given: string[], { all }: { all?: boolean }) => {
        const { env } = context.settings();
        const { servers } = chosenServers(given, all === true, env);
        await ensurePrograms({ env, servers, onStep: (line) => context.terminal.say(`${line} …`) });
        context.terminal.say('Everything is set up');
      }),
    );
};
