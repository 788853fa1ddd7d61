import type { CommandModule } from '../command';
import { count, when } from '../format';
import { textTable } from '../report/table';
import { knownRuns, stateOf } from '../runs';
import { withSession } from '../session';

export const define: CommandModule['define'] = (command, run) => {
  command
    .option('--plan <name>', 'runs of this plan only')
    .option('--limit <n>', 'at most this many', (text) => Math.max(1, Number.parseInt(text, 10) || 20), 20)
    .option('--json', 'print one JSON object')
    .action(
      run((context, { plan, limit, json }: { plan?: string; limit: number; json?: boolean }) =>
        withSession(context, { stack: 'look' }, async (session) => {
          const { terminal } = context;
          const runs = (await knownRuns(session))
            .filter((known) => plan === undefined || known.plan === plan)
            .slice(0, limit);
          if (json === true) {
            return terminal.json({
              runs: runs.map((known) => ({
                run: known.run,
                plan: known.plan,
                state: stateOf(known),
                startedAt: known.startedAt,
                rollbackUntil: known.ledger?.rollbackUntil ?? null,
                rows: known.ledger?.progress?.rows ?? null,
              })),
            });
          }
          if (runs.length === 0)
            return terminal.say(`There is no run yet. To start one: ${context.command} migrate FILE`);
          const rows = runs.map((known) => {
            const moved = known.ledger?.progress?.rows;
            return [
              known.run,
              stateOf(known),
              when(known.startedAt),
              moved === undefined ? '' : count(moved.loaded),
              moved === undefined ? '' : count(moved.quarantined),
            ];
          });
          terminal.out(
            textTable(['run', 'state', 'started', 'rows', 'quarantined'], rows, [3, 4], terminal.dataColors.dim),
          );
        }),
      ),
    );
};
