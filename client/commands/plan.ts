import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shapeLines } from '../../core/conversion';
import { SqliftError } from '../../core/errors';
import { sourceDdl } from '../../stores/postgres/ddl';
import type { CommandModule } from '../command';
import type { Context } from '../context';
import { explainColumns, sayTables } from '../explain';
import { plural, printable } from '../format';
import { draft, readyPlan, resolved } from '../plans';

interface DraftOptions {
  output?: string;
  name?: string;
  schema?: string;
  force?: boolean;
  narrow?: boolean;
  graph?: boolean;
}

export const define: CommandModule['define'] = (command, run) => {
  command
    .usage('SOURCE... [options] | check PLAN')
    .argument('[sources...]', 'SQLite files, and folders or files of JSON, JSON lines, YAML and Markdown')
    .option('-o, --output <file>', 'write the plan here instead of stdout')
    .option('--name <name>', 'name of the plan; by default the first file’s')
    .option('--schema <name>', 'target schema; by default one named after each file')
    .option('--narrow', 'take the types that would only be suggested: uuid, timestamps … where every value fits')
    .option('--graph', 'propose a graph for Neo4j, too, from foreign keys and join tables')
    .option('--force', 'overwrite the file of --output')
    .action(run((context, sources: string[], options: DraftOptions) => draftCommand(context, sources, options)));
  command
    .command('check')
    .description('What a run of the plan would do, and the DDL. Writes nothing.')
    .argument('<plan>', 'the plan, or a SQLite file to draft one from')
    .option('--explain', 'say of every column which rule decided it, not only where that is worth a look')
    .option('--json', 'print one JSON object')
    .action(run((context, file: string, options: CheckOptions) => checkCommand(context, file, options)));
};

async function draftCommand(
  context: Context,
  sources: readonly string[],
  { output, name, schema, force, narrow, graph }: DraftOptions,
): Promise<void> {
  if (sources.length === 0)
    throw new SqliftError(
      'UsageInvalid',
      'missing required argument: which SQLite files or folders of documents to plan for',
    );
  const file = output === undefined ? undefined : context.path(output);
  if (file !== undefined && existsSync(file) && force !== true)
    throw new SqliftError('UsageInvalid', `${output} exists already; --force overwrites it`, { file });
  // Relative paths are relative to the plan, or to where it will be put: here.
  const from = file === undefined ? context.cwd : path.dirname(file);
  const { text, plan } = await draft(
    context,
    sources.map((source) => context.path(source)),
    { name, schema, narrow, graph },
    from,
  );
  if (file === undefined) return context.terminal.out(text.trimEnd());
  writeFileSync(file, text);
  const tables = Object.values(plan.sources).reduce((sum, source) => sum + Object.keys(source.tables).length, 0);
  context.terminal.say(
    `Wrote ${output}: ${plural(tables, 'table')}. Read it, then: ${context.command} plan check ${output}, ${context.command} migrate ${output}`,
  );
}

interface CheckOptions {
  json?: boolean;
  explain?: boolean;
}

async function checkCommand(context: Context, file: string, { json, explain }: CheckOptions): Promise<void> {
  const { terminal } = context;
  const ready = await readyPlan(context, context.path(file), {});
  const checked = await resolved(context, ready);
  const { mappings } = checked;
  const ddl = mappings.flatMap(sourceDdl);
  if (json === true) {
    const tables = mappings.flatMap((mapping) =>
      mapping.tables.map((table) => ({
        source: mapping.source,
        table: table.table,
        target: `${table.schema}.${table.target}`,
        ifExists: table.ifExists,
        quarantine: table.quarantine,
        ...(table.origin.where !== undefined && { where: table.origin.where }),
        rules: checked.origins[mapping.source]?.[table.table]?.rules ?? [],
        columns: explainColumns(checked, table),
      })),
    );
    const views = mappings.flatMap((mapping) =>
      mapping.views.map(({ source, view, schema, target, ifExists }) => ({
        source,
        view,
        target: `${schema}.${target}`,
        ifExists,
      })),
    );
    return terminal.json({
      plan: ready.plan.name,
      tables,
      views,
      notCarried: mappings.flatMap((mapping) => mapping.notCarried),
      ddl,
    });
  }
  for (const mapping of mappings) {
    terminal.say(
      `${printable(mapping.source)}: ${plural(mapping.tables.length, 'table')}${mapping.views.length === 0 ? '' : `, ${plural(mapping.views.length, 'view')}`} into schema ${printable(mapping.schema)}`,
    );
    sayTables(terminal, checked, mapping, explain === true);
    for (const line of mapping.tables.flatMap(shapeLines)) terminal.say(`  ${printable(line)}`);
    for (const { object, kind, reason } of mapping.notCarried)
      terminal.say(`  not carried: ${kind} ${printable(object)}: ${reason}`);
  }
  for (const statement of ddl) terminal.out(`${statement};\n`);
  terminal.say(
    `Rows that their columns cannot hold go to the quarantine, as far as each table tolerates it. Nothing was written. To run it: ${context.command} migrate ${file}`,
  );
}
