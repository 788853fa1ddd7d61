import path from 'node:path';
import { buildDemo } from '../../examples/demo/build';
import { demoPlan } from '../../examples/demo/plan';
import type { CommandModule } from '../command';
import { migrate } from '../migrate';
import type { OutputOptions } from '../migrate';
import { draft, planText, readyPlan } from '../plans';
import { withSession } from '../session';

export const define: CommandModule['define'] = (command, run) => {
  command
    .option('--to <url>', 'PostgreSQL to move to; by default as `migrate`')
    .option('--detach', 'start and return at once; prints the run’s id')
    .option('--json', 'print the report as one JSON object at the end')
    .action(
      run((context, options: OutputOptions & { to?: string; detach?: boolean }) => {
        const { terminal } = context;
        return withSession(context, { stack: 'start', flags: { to: options.to } }, async (session) => {
          const folder = path.dirname(await session.artifacts.prepare('demo/demo.sqlite'));
          const file = path.join(folder, 'demo.sqlite');
          terminal.say('Building a SQLite file from open data: Les Misérables, films, airports, 220,000 flights …');
          buildDemo(file);
          const { plan, comments } = await draft(context, [file], { name: 'demo', schema: 'demo' }, folder);
          const planFile = path.join(folder, 'demo.plan.yaml');
          await session.artifacts.put('demo/demo.plan.yaml', planText(demoPlan(plan), comments, folder));
          terminal.say(terminal.colors.dim(`  source  ${file}\n  plan    ${planFile}`));
          return await migrate(session, await readyPlan(context, planFile, {}), options);
        });
      }),
    );
};
