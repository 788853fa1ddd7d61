import { Option } from 'commander';
import type { CommandModule } from '../command';
import { migrate, planLines } from '../migrate';
import { readyPlan } from '../plans';
import { withSession } from '../session';

interface Options {
  to?: string;
  schema?: string;
  name?: string;
  acceptQuarantine?: boolean;
  independent?: boolean;
  detach?: boolean;
  json?: boolean;
  jsonl?: boolean;
  yes?: boolean;
  taskQueue?: string;
}

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('<plan-or-file>', 'a plan, or a SQLite file or folder of documents to draft one from')
    .option('--to <url>', 'PostgreSQL to move to (DATABASE_URL, PG*; the embedded one when nothing is set)')
    .option('--schema <name>', 'target schema; by default the plan’s')
    .option('--name <name>', 'name of the plan; by default the plan’s own, or the file’s')
    .option('--accept-quarantine', 'publish although rows are in quarantine')
    .option(
      '--independent',
      'verify everything a second time by code that import does not use, not one chunk in twenty',
    )
    .option('--detach', 'start and return at once; prints the run’s id')
    .addOption(new Option('--json', 'print the report as one JSON object at the end').conflicts('jsonl'))
    .option('--jsonl', 'print progress and the report as JSON lines')
    .option('-y, --yes', 'take the drafted plan as it is, without a word')
    .option('--task-queue <name>', 'task queue of the workers (SQLIFT_TASK_QUEUE)')
    .action(
      run(async (context, input: string, options: Options) => {
        const { terminal } = context;
        const plan = await readyPlan(context, context.path(input), { schema: options.schema, name: options.name });
        if (options.yes !== true) for (const line of planLines(plan)) terminal.say(line);
        const { to, taskQueue } = options;
        return await withSession(context, { stack: 'start', flags: { to, taskQueue }, plan: plan.plan }, (session) =>
          migrate(session, plan, options),
        );
      }),
    );
};
