import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Option } from 'commander';
import { SqliftError } from '../../core/errors';
import type { CommandModule } from '../command';
import { htmlReport } from '../report/html';
import { loadReport } from '../report/load';
import { markdownReport } from '../report/markdown';
import { findRun } from '../runs';
import { withSession } from '../session';

const FORMATS = ['md', 'json', 'html'] as const;
type Format = (typeof FORMATS)[number];

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('[run]', 'the run; the newest when left out')
    .option('-o, --output <file>', 'write to this file instead of stdout')
    .addOption(
      new Option('--format <format>', 'md, json or html; by default what the file’s ending says, else md').choices(
        FORMATS,
      ),
    )
    .option('--json', 'the same as --format json')
    .action(
      run((context, given: string | undefined, options: { output?: string; format?: Format; json?: boolean }) =>
        withSession(context, { stack: 'look' }, async (session) => {
          const known = await findRun(session, given);
          const report = await loadReport(session, known);
          if (report === undefined)
            throw new SqliftError(
              'RunUnknown',
              `Run ${known.run} has left no report, and its target does not answer or does not know it`,
            );
          const format = options.format ?? (options.json === true ? 'json' : formatOfFile(options.output));
          const text =
            format === 'json'
              ? `${JSON.stringify(report, null, 2)}\n`
              : format === 'html'
                ? htmlReport(report)
                : markdownReport(report);
          if (options.output === undefined) return context.terminal.out(text.trimEnd());
          writeFileSync(context.path(options.output), text);
          context.terminal.say(`Wrote ${options.output}`);
        }),
      ),
    );
};

function formatOfFile(file: string | undefined): Format {
  const ending = file === undefined ? '' : path.extname(file).slice(1).toLowerCase();
  return FORMATS.find((format) => format === ending) ?? (ending === 'htm' ? 'html' : 'md');
}
