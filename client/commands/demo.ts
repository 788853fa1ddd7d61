import path from 'node:path';
import { buildDemo } from '../../examples/demo/build';
import { demoPlan } from '../../examples/demo/plan';
import { SqliftError } from '../../core/errors';
import { FEED_STORES } from '../../core/feeds/feed';
import type { FeedStoreName } from '../../core/feeds/feed';
import type { CommandModule } from '../command';
import { migrate } from '../migrate';
import type { OutputOptions } from '../migrate';
import { draft, planText, readyPlan } from '../plans';
import { withSession } from '../session';
import type { Session } from '../session';

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
          const stores = await storesToBeHad(session);
          terminal.say('Building a SQLite file from open data: Les Misérables, films, airports, 220,000 flights …');
          buildDemo(file);
          const { plan, comments } = await draft(context, [file], { name: 'demo', schema: 'demo' }, folder);
          const planFile = path.join(folder, 'demo.plan.yaml');
          await session.artifacts.put('demo/demo.plan.yaml', planText(demoPlan(plan, stores), comments, folder));
          terminal.say(terminal.colors.dim(`  source  ${file}\n  plan    ${planFile}`));
          return await migrate(session, await readyPlan(context, planFile, {}), options);
        });
      }),
    );
};

/** The stores that can be started here; of the others it is said why not. A server that somebody has configured is not the demo's to fill. */
async function storesToBeHad(session: Session): Promise<FeedStoreName[]> {
  const { settings, context } = session;
  const found: FeedStoreName[] = [];
  for (const store of FEED_STORES) {
    try {
      if (settings[store] !== undefined)
        context.terminal.say(`Without ${store}: settings name a server, and the demo fills only those that it starts`);
      else {
        await session.start([store]);
        found.push(store);
      }
    } catch (error) {
      if (!(error instanceof SqliftError) || error.code !== 'ServerMissing') throw error;
      context.terminal.say(`Without ${store}: ${error.message}`);
    }
  }
  return found;
}
