import { verifyWorkflowId } from '../../core/ids';
import { SqliftError } from '../../core/errors';
import type { CommandModule } from '../command';
import { runWorkflow } from '../control';
import { count } from '../format';
import { loadReport } from '../report/load';
import { differenceLines } from '../report/summary';
import { findRun, isGoing } from '../runs';
import { withSession } from '../session';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('--independent', 'read everything a second time by code that import does not use, not one chunk in twenty')
    .option('--json', 'print the report as one JSON object')
    .action(
      run((context, given: string | undefined, { json, independent }: { json?: boolean; independent?: boolean }) =>
        withSession(context, { stack: 'start' }, async (session) => {
          const { terminal } = context;
          const known = await findRun(session, given);
          if (isGoing(known))
            throw new SqliftError('UsageInvalid', `Run ${known.run} is still going and verifies by itself`);
          terminal.say(`Comparing the snapshot of ${known.run} with the target …`);
          await runWorkflow(
            session,
            'verifyWorkflow',
            verifyWorkflowId(known.run),
            { run: known.run, independent: independent === true },
            `verify ${known.run} again`,
          );
          const report = await loadReport(session, known);
          if (report === undefined) throw new SqliftError('RunUnknown', `Run ${known.run} has no record in the target`);
          const { differences } = report.verification;
          if (json === true) terminal.json(report);
          else for (const line of differenceLines(differences)) terminal.out(line);
          if (differences.length > 0)
            throw new SqliftError(
              'Differences',
              `${count(differences.length)} differences between the snapshot of ${known.run} and the target`,
            );
          const rows = report.tables.reduce((sum, table) => sum + table.loaded, 0);
          terminal.say(
            `${terminal.colors.green('✓')} ${count(report.tables.length)} tables, ${count(rows)} rows: no difference`,
          );
          return 0;
        }),
      ),
    );
};
