import { ensurePrograms } from '../../stack';
import type { CommandModule } from '../command';

export const define: CommandModule['define'] = (command, run) => {
  command.action(
    run(async (context) => {
      await ensurePrograms({ env: context.settings().env, onStep: (line) => context.terminal.say(`${line} …`) });
      context.terminal.say('Everything is set up');
    }),
  );
};
