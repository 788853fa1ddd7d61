import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import type { CommandModule, Run } from './command';
import { packageRoot } from './context';

/**
 * The commands by name. A command's file is loaded only when it is the one that was called, so that `--help` and a typo answer
 * at once. The extension is what Node's own import() needs.
 */
const COMMANDS: { group: string; entries: Record<string, { summary: string; load: () => Promise<CommandModule> }> }[] =
  [
    {
      group: 'Migrate:',
      entries: {
        demo: {
          summary: 'migrate real open data on embedded servers, verified',
          load: () => import('./commands/demo.js'),
        },
        inspect: { summary: 'profile SQLite files; writes nothing', load: () => import('./commands/inspect.js') },
        plan: { summary: 'draft a plan from SQLite files, or check one', load: () => import('./commands/plan.js') },
        migrate: { summary: 'start a run and follow it', load: () => import('./commands/migrate.js') },
      },
    },
    {
      group: 'See:',
      entries: {
        status: { summary: 'where a run stands', load: () => import('./commands/status.js') },
        watch: { summary: 'follow a run until it ends', load: () => import('./commands/watch.js') },
        list: { summary: 'all runs', load: () => import('./commands/list.js') },
        report: {
          summary: 'the whole account of a run, as Markdown, HTML or JSON',
          load: () => import('./commands/report.js'),
        },
        quarantine: {
          summary: 'rows kept out: list, show, export, retry, accept',
          load: () => import('./commands/quarantine.js'),
        },
        schema: {
          summary: 'the target’s schema as SQL, Drizzle, Prisma or Markdown',
          load: () => import('./commands/schema.js'),
        },
      },
    },
    {
      group: 'Control:',
      entries: {
        pause: { summary: 'start nothing further until resumed', load: () => import('./commands/pause.js') },
        resume: { summary: 'go on after a pause', load: () => import('./commands/resume.js') },
        approve: { summary: 'let a run publish that waits for approval', load: () => import('./commands/approve.js') },
        cancel: { summary: 'stop a run and undo it', load: () => import('./commands/cancel.js') },
        verify: { summary: 'compare source and target again', load: () => import('./commands/verify.js') },
        rollback: {
          summary: 'put the target back as it was before a run',
          load: () => import('./commands/rollback.js'),
        },
        finalize: {
          summary: 'end the rollback window: drop what going back needs',
          load: () => import('./commands/finalize.js'),
        },
      },
    },
    {
      group: 'Set up:',
      entries: {
        setup: { summary: 'get the programs of the embedded servers', load: () => import('./commands/setup.js') },
        stack: { summary: 'the embedded servers: up, down, status', load: () => import('./commands/stack.js') },
        worker: { summary: 'run a worker here, in the foreground', load: () => import('./commands/worker.js') },
        doctor: { summary: 'check programs, servers, rights and room', load: () => import('./commands/doctor.js') },
        config: { summary: 'the resolved settings, without secrets', load: () => import('./commands/config.js') },
        completion: { summary: 'completion for bash, zsh or fish', load: () => import('./commands/completion.js') },
      },
    },
  ];

export const commandNames = (): string[] => COMMANDS.flatMap(({ entries }) => Object.keys(entries));

/** The program with every command's name, and with the whole of those commands that `wanted` names. */
export async function buildProgram(run: Run, wanted: readonly string[]): Promise<Command> {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  const program = new Command('sqlift')
    .description('Moves an application off SQLite onto PostgreSQL as one durable, verified, reversible workflow.')
    .usage('COMMAND [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .option('--home <folder>', 'state folder (SQLIFT_HOME)')
    .option('-q, --quiet', 'say nothing but data and errors')
    .option('-v, --verbose', 'say more')
    .option('--debug', 'show stacks of errors')
    .addOption(new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-input', 'never ask anything')
    .addHelpText('before', 'Start here:  sqlift demo    or    sqlift migrate app.sqlite\n')
    .addHelpText('after', EXIT_CODES);
  for (const { group, entries } of COMMANDS) {
    for (const [name, { summary, load }] of Object.entries(entries)) {
      const command = program
        .command(name)
        .helpGroup(group)
        .summary(summary)
        .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
      if (wanted.includes(name)) (await load()).define(command, run);
    }
  }
  return program;
}

const EXIT_CODES = `
Exit codes: 0 done and verified · 1 the run failed, the target is as before · 2 wrong usage or invalid plan ·
3 differences found · 4 a service cannot be reached · 5 rolled back on request · 6 rows in quarantine await a
decision · 130 interrupted, the run goes on`;

/** The command that the words call, to know which file to load: the first that is neither an option nor an option's value. */
export function calledCommands(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (word === '--') break;
    if (word === '--home' || word === '--color') index += 1;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words[0] === 'help' ? words.slice(1, 2) : words.slice(0, 1);
}
