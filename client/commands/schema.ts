import { existsSync } from 'node:fs';
import type { SourceMapping } from '../../core/mapping';
import { readPlan } from '../../core/plan-file';
import { runFiles } from '../../stores/artifacts/run-files';
import { tableDdl } from '../../stores/postgres/ddl';
import { quoteIdent } from '../../stores/postgres/names';
import type { CommandModule } from '../command';
import type { Context } from '../context';
import { readyPlan, resolved } from '../plans';
import { findRun } from '../runs';
import { withSession } from '../session';

export const define: CommandModule['define'] = (command, run) => {
  command
    .command('sql')
    .description('CREATE statements of the tables that a plan makes or a run made, in order.')
    .argument('<plan-or-run>', 'a plan, a SQLite file, or a run')
    .action(
      run(async (context, given: string) => {
        const isFile = existsSync(context.path(given)) || /\.(ya?ml|sqlite3?|db3?)$/i.test(given);
        const mappings = isFile
          ? await resolved(context, await readyPlan(context, context.path(given), {}))
          : await mappingsOfRun(context, given);
        for (const schema of new Set(mappings.map((mapping) => mapping.schema)))
          context.terminal.out(`CREATE SCHEMA IF NOT EXISTS ${quoteIdent(schema)};\n`);
        for (const mapping of mappings)
          for (const table of mapping.tables)
            for (const statement of tableDdl(table, mapping.tables)) context.terminal.out(`${statement};\n`);
      }),
    );
};

/** As the run's transform phase resolved them. Throws ArtifactMissing when it never came that far. */
function mappingsOfRun(context: Context, given: string): Promise<SourceMapping[]> {
  return withSession(context, { stack: 'look' }, async (session) => {
    const { artifacts } = session;
    const { run } = await findRun(session, given);
    const plan = readPlan(
      (await artifacts.get(runFiles.plan(run))).toString('utf8'),
      artifacts.path(runFiles.plan(run)),
    );
    return await Promise.all(
      Object.keys(plan.sources).map(async (source) => {
        const stored = (await artifacts.get(runFiles.mapping(run, source))).toString('utf8');
        return (JSON.parse(stored) as { mapping: SourceMapping }).mapping;
      }),
    );
  });
}
