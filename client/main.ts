#!/usr/bin/env node
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { SqliftError } from '../core/errors';
import type { Done, Run } from './command';
import { commandName, Context } from './context';
import type { GlobalOptions } from './context';
import { ExitWith, exitCodeOf, renderError } from './errors';
import { buildProgram, calledCommands } from './program';
import { Terminal } from './terminal';
import type { Streams } from './terminal';

/** What the program runs in: the process, or a test. */
export interface Surroundings {
  streams: Streams;
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** Runs one command line and gives its exit code. Never throws. */
export async function main(argv: readonly string[], { streams, env, cwd }: Surroundings): Promise<number> {
  let exitCode = 0;
  const globals = (command: Command | undefined): GlobalOptions => command?.optsWithGlobals() ?? {};
  let called: Command | undefined;
  const run: Run =
    <Args extends unknown[]>(action: (context: Context, ...args: Args) => Done) =>
    async (...args: unknown[]) => {
      called = args.at(-1) as Command;
      const context = new Context(env, cwd, streams, globals(called));
      // Commander hands over the command itself last.
      exitCode = (await action(context, ...(args.slice(0, -1) as Args))) ?? 0;
    };
  let program: Command | undefined;
  try {
    program = await buildProgram(run, calledCommands(argv));
    guard(program, streams);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof ExitWith) return error.exitCode;
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const options = globals(called ?? program);
    const terminal = new Terminal(streams, { loudness: 1, color: options.color ?? 'auto', input: false }, env);
    const known = error instanceof CommanderError ? usageError(error) : error;
    terminal.error(
      renderError(known, {
        colors: terminal.colors,
        debug: options.debug ?? argv.includes('--debug'),
        command: commandName(cwd),
      }),
    );
    return exitCodeOf(known);
  }
}

/** Commander throws instead of exiting, and writes to our streams; its errors are rendered like all others. */
function guard(command: Command, streams: Streams): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => void streams.stdout.write(text),
    writeErr: (text) => void streams.stderr.write(text),
    outputError: () => undefined,
  });
  for (const child of command.commands) guard(child, streams);
}

/** Commander's message without its prefix; a group that was called without a subcommand has printed its help. */
function usageError(error: CommanderError): Error {
  if (error.code === 'commander.help') return new ExitWith(2);
  return new SqliftError('UsageInvalid', error.message.replace(/^error: /, '').trim());
}

async function start(): Promise<void> {
  // Whoever reads our output may stop reading (`| head`): that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const code = await main(process.argv.slice(2), { streams: process, env: process.env, cwd: process.cwd() });
  process.exitCode = code;
  // Open handles of the servers' clients must not keep a finished command; what is in the pipe goes out first.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  await new Promise<void>((resolve) => process.stderr.write('', () => resolve()));
  process.exit(code);
}

if (require.main === module) void start();
