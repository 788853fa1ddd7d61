import type { CommandModule } from '../command';
import { decision, withGoingRun } from '../control';
import { handleOf } from '../runs';
import { pauseSignal } from '../../workflows/messages';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('--reason <text>', 'why, for the record')
    .action(
      run((context, given: string | undefined, { reason }: { reason?: string }) =>
        withGoingRun(context, given, async (_, known, link) => {
          await handleOf(link, known).signal(pauseSignal, decision(reason));
          context.terminal.say(
            `Paused: what is under way ends first, nothing further starts. To go on: ${context.command} resume ${known.run}`,
          );
        }),
      ),
    );
};
