import type { CommandModule } from '../command';
import { count, plural, printable, shorten } from '../format';
import { draft } from '../plans';
import { textTable } from '../report/table';

export const define: CommandModule['define'] = (command, run) => {
  command
    .argument('<files...>', 'SQLite files')
    .option('--json', 'print one JSON object')
    .action(
      run(async (context, files: string[], { json }: { json?: boolean }) => {
        const { terminal } = context;
        const { plan, sources } = await draft(
          context,
          files.map((file) => context.path(file)),
          {},
        );
        if (json === true) return terminal.json({ sources });
        const { dataColors: colors } = terminal;
        for (const profile of sources) {
          const source = plan.sources[profile.name]!;
          terminal.out(
            `${colors.bold(printable(source.sqlite))}  ${plural(profile.catalog.tables.length, 'table')}, ${profile.catalog.encoding}, pages of ${count(profile.catalog.pageSize)} bytes`,
          );
          for (const table of profile.catalog.tables) {
            const evidence = profile.evidence[table.name];
            const planned = source.tables[table.name];
            terminal.out(
              `\n${colors.bold(printable(table.name))}  ${evidence === undefined ? '' : plural(evidence.rows, 'row')}`,
            );
            const rows = table.columns.map((column, index) => {
              const found = evidence?.columns[index];
              const classes =
                found === undefined
                  ? ''
                  : (
                      [
                        ['null', found.nulls],
                        ['integer', found.integers.count],
                        ['real', found.reals.count],
                        ['text', found.texts.count],
                        ['blob', found.blobs.count],
                      ] as const
                    )
                      .filter(([, number]) => number > 0)
                      .map(([kind, number]) => `${kind} ${count(number)}`)
                      .join(', ');
              return [
                shorten(printable(column.name), 40),
                printable(column.declared) || colors.dim('none'),
                planned?.columns[column.name]?.type ?? colors.dim('not moved'),
                classes,
              ];
            });
            terminal.out(textTable(['column', 'declared', 'becomes', 'holds'], rows, [], colors.dim));
          }
          for (const { object, kind, reason } of source.notCarried ?? [])
            terminal.out(`${colors.yellow('not carried')} ${kind} ${printable(object)}: ${reason}`);
        }
      }),
    );
};
