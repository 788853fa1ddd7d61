import { approveUpdate } from '../../workflows/messages';
import type { CommandModule } from '../command';
import { decision, withGoingRun } from '../control';
import { handleOf } from '../runs';
import { refusal } from '../refusal';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('--reason <text>', 'why, for the record')
    .action(
      run((context, given: string | undefined, { reason }: { reason?: string }) =>
        withGoingRun(context, given, async (_, known, link) => {
          const handle = handleOf(link, known);
          await handle.executeUpdate(approveUpdate, { args: [decision(reason)] }).catch(refusal);
          context.terminal.say(`Approved. To watch it publish: ${context.command} watch ${known.run}`);
        }),
      ),
    );
};
