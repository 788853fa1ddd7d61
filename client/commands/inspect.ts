import { SqliftError } from '../../core/errors';
import type { FileInspection } from '../../core/inspection';
import type { CommandModule } from '../command';
import { inspectFile } from '../inspect/look';
import { inspectionText } from '../inspect/text';

interface Options {
  table?: string[];
  all?: boolean;
  json?: boolean;
}

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('<files...>', 'SQLite files')
    .option('--table <name...>', 'show these tables with all their columns')
    .option('--all', 'show every table with all its columns, and all that is not carried')
    .option('--json', 'print one JSON object; its form is schemas/inspect.v1.json')
    .action(
      run(async (context, files: string[], { table = [], all = false, json = false }: Options) => {
        const { terminal } = context;
        const found: FileInspection[] = [];
        for (const file of files) found.push(await inspectFile(context, context.path(file)));
        const missing = table.find((name) => !found.some(({ tables }) => tables.some((other) => other.table === name)));
        if (missing !== undefined)
          throw new SqliftError('UsageInvalid', `no file has a table ${missing} that can be read`);
        if (json) return terminal.json({ files: found });
        const options = { colors: terminal.dataColors, whole: all ? ('all' as const) : table };
        terminal.out(found.map((file) => inspectionText(file, options)).join('\n\n'));
        if (!all && table.length === 0) terminal.say(`\nColumns, and what each becomes: --table NAME, or --all`);
      }),
    );
};
