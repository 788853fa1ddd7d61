import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Command } from 'commander';
import type { CommandModule, Run } from '../command';
import type { Context } from '../context';
import { plural } from '../format';
import { docsArtefact } from '../schema/docs';
import { drizzleArtefact } from '../schema/drizzle';
import { givenBy } from '../schema/given';
import { sqlArtefact } from '../schema/sql';
import { prismaArtefact } from '../schema/prisma';
import type { ArtefactFile, Provenance, Target } from '../schema/target';
import { writeFiles } from '../schema/write';

type Make = (target: Target, provenance: Provenance) => ArtefactFile[];

interface Options {
  output?: string;
  force?: boolean;
  json?: boolean;
}

export const define: CommandModule['define'] = (command, run) => {
  defineKind(
    command,
    run,
    'sql',
    'CREATE statements that make the tables in an empty database, in order.',
    sqlArtefact,
  );
  defineKind(
    command,
    run,
    'drizzle',
    'A Drizzle schema with relations, connection, configuration and a baseline migration, type-safe.',
    drizzleArtefact,
    'folder',
  );
  defineKind(command, run, 'prisma', 'A Prisma schema.', prismaArtefact);
  defineKind(command, run, 'docs', 'The schema as a Markdown page with diagrams.', docsArtefact);
};

function defineKind(
  command: Command,
  run: Run,
  name: string,
  description: string,
  make: Make,
  output: 'file' | 'folder' = 'file',
): void {
  const kind = command
    .command(name)
    .description(description)
    .argument('<plan-or-run>', 'a plan, a SQLite file, or a run');
  if (output === 'folder') kind.requiredOption('-o, --output <folder>', 'write the files here');
  else kind.option('-o, --output <file>', 'write it here instead of stdout');
  kind
    .option('--force', 'overwrite files that are there')
    .option('--json', 'print one JSON object: where it comes from, and its files')
    .action(
      run(async (context, given: string, options: Options) => {
        const { target, provenance } = await givenBy(context, given);
        emit(context, make(target, provenance), provenance, options, output);
      }),
    );
}

function emit(
  context: Context,
  files: readonly ArtefactFile[],
  provenance: Provenance,
  { output, force = false, json = false }: Options,
  kind: 'file' | 'folder',
): void {
  const { terminal } = context;
  const written = output === undefined ? files : placed(files, context.path(output), kind);
  if (output !== undefined) writeFiles(context.path(kind === 'folder' ? output : path.dirname(output)), written, force);
  if (json) {
    terminal.json({ ...provenance, files: written.map((file) => described(file, output === undefined)) });
  } else if (output === undefined) {
    for (const { text } of files) terminal.out(text.trimEnd());
  } else {
    const shown = (file: ArtefactFile) => path.join(kind === 'folder' ? output : path.dirname(output), file.path);
    terminal.say(`Wrote ${plural(written.length, 'file')}:`);
    for (const file of written) terminal.out(shown(file));
  }
}

/** An artefact of one file takes the name that was asked for. */
function placed(files: readonly ArtefactFile[], output: string, kind: 'file' | 'folder'): readonly ArtefactFile[] {
  return kind === 'folder' ? files : files.map(({ text }) => ({ path: path.basename(output), text }));
}

function described({ path: name, text }: ArtefactFile, whole: boolean): Record<string, unknown> {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { path: name, bytes: Buffer.byteLength(text), sha256, ...(whole && { text }) };
}
