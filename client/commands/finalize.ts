import { SqliftError } from '../../core/errors';
import type { CommandModule } from '../command';
import { confirmRun } from '../confirm';
import { runWorkflow } from '../control';
import { findRun, isGoing } from '../runs';
import { withSession } from '../session';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('-y, --yes', 'do not ask')
    .action(
      run((context, given: string | undefined, { yes = false }: { yes?: boolean }) =>
        withSession(context, { stack: 'start' }, async (session) => {
          const known = await findRun(session, given);
          if (isGoing(known)) throw new SqliftError('UsageInvalid', `Run ${known.run} is still going`);
          await confirmRun(
            context,
            known.run,
            `Finalizing drops the snapshot and the replaced tables of run ${known.run}; it cannot be rolled back after that`,
            yes,
          );
          await runWorkflow(
            session,
            'finalizeWorkflow',
            `sqlift/${known.run}/finalize`,
            { run: known.run },
            `finalize ${known.run}`,
          );
          context.terminal.say(
            `${context.terminal.colors.green('✓')} finalized: ${known.run} can no longer be rolled back`,
          );
        }),
      ),
    );
};
