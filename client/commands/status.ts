import { rollbackWorkflowId } from '../../core/ids';
import type { RunProgress, TableProgress } from '../../core/run';
import { readTableProgress } from '../../stores/ledger/read';
import type { CommandModule } from '../command';
import { renderRunError } from '../errors';
import { askRun, whatToType } from '../follow';
import { when } from '../format';
import { picture } from '../progress/bars';
import { firstProgress, loadReport } from '../report/load';
import { findRun, handleOf, isGoing, stateOf } from '../runs';
import type { KnownRun } from '../runs';
import { withSession } from '../session';
import type { Session } from '../session';
import { workflowUrl } from '../temporal';
import type { TemporalLink } from '../temporal';
import { waitLine, waitsOf } from '../waits';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('--json', 'print one JSON object')
    .action(
      run((context, given: string | undefined, { json }: { json?: boolean }) =>
        withSession(context, { stack: 'look' }, async (session) => {
          const { terminal, command: program } = context;
          const known = await findRun(session, given);
          const { progress, tables, live } = await standing(session, known);
          const link = await session.temporalIfThere();
          const webUrl = link === undefined ? undefined : workflowUrl(link, known.workflowId, known.execution?.id);
          const waits = link === undefined ? [] : await waitsOfRun(link, known);
          if (json === true) return terminal.json({ ...progress, state: progress.state, webUrl, tables, live, waits });

          const { dataColors: colors } = terminal;
          const state = live ? progress.state : stateOf(known);
          terminal.out(
            `${colors.bold(known.plan)}: ${state}${progress.waitingFor === undefined ? '' : `, waiting for ${progress.waitingFor}`}  ${colors.dim(known.run)}`,
          );
          for (const line of picture(progress, tables, () => 0, { colors }, process.stdout.columns ?? 100))
            terminal.out(line);
          if (progress.error !== undefined)
            terminal.error(renderRunError(progress.error, { colors: terminal.colors, debug: false, command: program }));
          if (waits.length > 0) terminal.out(waitLine(waits));
          const { publishedAt, rollbackUntil } = known.ledger ?? {};
          if (publishedAt != null && rollbackUntil != null && state === 'published')
            terminal.out(`published ${when(publishedAt)}; can be rolled back until ${when(rollbackUntil)}`);
          if (webUrl !== undefined) terminal.out(colors.dim(webUrl));
          if (live && progress.state === 'waiting' && progress.waitingFor !== undefined)
            for (const line of whatToType(progress.waitingFor, known.run, program, progress)) terminal.say(line);
          if (!live && isGoing(known))
            terminal.say('No worker answers: this is what the run last recorded. `sqlift worker` starts one.');
        }),
      ),
    );
};

/** Servers that the run, or its rollback, waits for. */
async function waitsOfRun(link: TemporalLink, known: KnownRun): Promise<string[]> {
  const handles = [
    ...(isGoing(known) ? [handleOf(link, known)] : []),
    link.client.workflow.getHandle(rollbackWorkflowId(known.run)),
  ];
  const waits = await Promise.all(handles.map((handle) => waitsOf(handle).catch(() => [])));
  return waits.flat();
}

/** A run that failed before it reached the ledger has left its report. */
async function storedProgress(session: Session, known: KnownRun): Promise<RunProgress | undefined> {
  const report = await loadReport(session, known);
  if (report === undefined) return undefined;
  const { phases, state, error } = report;
  return {
    ...firstProgress(known.run, known.plan, known.startedAt, state),
    phases,
    ...(error !== undefined && { error }),
  };
}

/** From the run itself where a worker answers, else from the ledger. */
async function standing(
  session: Session,
  known: KnownRun,
): Promise<{ progress: RunProgress; tables: TableProgress[]; live: boolean }> {
  const link = isGoing(known) ? await session.temporalIfThere() : undefined;
  if (link !== undefined) {
    try {
      return { ...(await askRun(link, known, 3_000)), live: true };
    } catch {
      session.context.terminal.detail('No worker answers; reading the ledger');
    }
  }
  const tables =
    (await session.withTargetIfThere((pool) => readTableProgress(pool, known.run), known.run).catch(() => undefined)) ??
    [];
  const progress =
    known.ledger?.progress ??
    (await storedProgress(session, known)) ??
    firstProgress(known.run, known.plan, known.startedAt);
  return { progress: { ...progress, state: known.ledger?.state ?? progress.state }, tables, live: false };
}
