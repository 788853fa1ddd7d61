import type { CommandModule } from '../command';
import { confirmRun } from '../confirm';
import { withGoingRun } from '../control';
import { followToEnd } from '../migrate';
import { handleOf } from '../runs';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the report as one JSON object at the end')
    .action(
      run((context, given: string | undefined, { yes = false, json = false }: { yes?: boolean; json?: boolean }) =>
        withGoingRun(context, given, async (session, known, link) => {
          await confirmRun(context, known.run, `Cancelling undoes everything that run ${known.run} has written`, yes);
          await handleOf(link, known).cancel();
          context.terminal.say('Cancelling: every step is undone, the newest first …');
          return await followToEnd(session, known, { json });
        }),
      ),
    );
};
