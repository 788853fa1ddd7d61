import { rollbackWorkflowId } from '../../core/ids';
import { SqliftError } from '../../core/errors';
import type { RollbackInput, RollbackResult } from '../../workflows/messages';
import { readConflicts } from '../../stores/ledger/conflicts';
import type { CommandModule } from '../command';
import { confirmRun } from '../confirm';
import { runWorkflow } from '../control';
import { asSqliftError } from '../errors';
import { printable } from '../format';
import { followToEnd } from '../migrate';
import { findRun, handleOf, isGoing, stateOf } from '../runs';
import type { KnownRun } from '../runs';
import { withSession } from '../session';
import type { Session } from '../session';
import { ensureWorker } from '../worker-process';

interface Options {
  yes?: boolean;
  force?: boolean;
  json?: boolean;
}

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('-y, --yes', 'do not ask')
    .option('--force', 'also destroy what was changed in the target after the run')
    .option('--json', 'print one JSON object at the end')
    .action(
      run((context, given: string | undefined, options: Options) =>
        withSession(context, { stack: 'start' }, async (session) => {
          const known = await findRun(session, given);
          if (stateOf(known) === 'rolled_back') {
            context.terminal.say(`${known.run} has been rolled back already`);
            return 5;
          }
          const force = options.force === true ? ', together with everything that was changed in them since' : '';
          await confirmRun(
            context,
            known.run,
            `Rolling back takes the tables of run ${known.run} out of the target${force}`,
            options.yes ?? false,
          );
          return isGoing(known) ? await cancelled(session, known, options) : await rolledBack(session, known, options);
        }),
      ),
    );
};

/** A run that still goes undoes itself. */
async function cancelled(session: Session, known: KnownRun, { json = false }: Options): Promise<number> {
  session.context.terminal.say('The run is still going: cancelling it; every step is undone, the newest first …');
  await session.startStoresOf(known.run);
  await ensureWorker(session);
  const link = await session.temporal();
  await handleOf(link, known).cancel();
  return await followToEnd(session, known, { json });
}

/** A run that has ended, however, is undone from the ledger alone. */
async function rolledBack(
  session: Session,
  known: KnownRun,
  { force = false, json = false }: Options,
): Promise<number> {
  const { terminal } = session.context;
  const { run } = known;
  terminal.say(`Rolling back ${run} (${stateOf(known)}) …`);
  const result = await runWorkflow<RollbackResult>(
    session,
    'rollbackWorkflow',
    rollbackWorkflowId(run),
    { run, force } satisfies RollbackInput,
    `roll back ${run}`,
  ).catch(async (error: unknown) => {
    if (asSqliftError(error).code === 'RollbackConflict') await nameConflicts(session, run);
    throw error;
  });
  if (json) terminal.json(result);
  if (result.state === 'rollback_incomplete') {
    for (const step of result.left) terminal.error(`  left behind: ${printable(step)}`);
    throw new SqliftError('RollbackIncomplete', `Everything else of ${run} is rolled back; this is left`);
  }
  const { before, after } = result;
  if (before === '') {
    terminal.say(`${terminal.colors.green('✓')} rolled back: the run had not touched the target`);
  } else if (before === after) {
    terminal.say(`${terminal.colors.green('✓')} rolled back: the target is as it was before the run`);
    terminal.say(terminal.colors.dim(`  digest before the run  ${before}\n  digest now             ${after}  equal`));
  } else {
    terminal.say(
      `${terminal.colors.yellow('!')} rolled back: nothing of the run is left, but what it touched is not as it was before`,
    );
    terminal.say('  Somebody else has changed those schemas or tables since the run began; the digests differ:');
    terminal.say(
      terminal.colors.dim(`  digest before the run  ${before}\n  digest now             ${after}  different`),
    );
  }
  return 5;
}

/** Which entries others have changed: names are data, which the failure does not quote. */
async function nameConflicts(session: Session, run: string): Promise<void> {
  const conflicts = await session.withTargetIfThere((pool) => readConflicts(pool, run), run).catch(() => undefined);
  for (const { store, what, entry } of conflicts ?? [])
    session.context.terminal.error(`  ${store}: ${what}: ${printable(entry)}`);
}
