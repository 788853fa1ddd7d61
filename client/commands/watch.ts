import { Option } from 'commander';
import type { CommandModule } from '../command';
import { followToEnd } from '../migrate';
import type { OutputOptions } from '../migrate';
import { findRun } from '../runs';
import { withSession } from '../session';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .addOption(new Option('--json', 'print the report as one JSON object at the end').conflicts('jsonl'))
    .option('--jsonl', 'print progress and the report as JSON lines')
    .action(
      run((context, given: string | undefined, options: OutputOptions) =>
        withSession(context, { stack: 'start' }, async (session) => {
          const known = await findRun(session, given);
          await session.startStoresOf(known.run);
          return await followToEnd(session, known, options);
        }),
      ),
    );
};
