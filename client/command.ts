import type { Command } from 'commander';
import type { Context } from './context';

/** What a command gives back: its exit code, 0 when nothing. */
export type Done = Promise<number | void>;

/**
 * Wraps an action for commander: it gets the context first, then the arguments and options as commander gives them (the
 * command itself left out). Its exit code goes to whoever called `main`.
 */
export type Run = <Args extends unknown[]>(
  action: (context: Context, ...args: Args) => Done,
) => (...args: unknown[]) => Promise<void>;

/** One file in `commands/`: completes the bare command with arguments, options and what it does. */
export interface CommandModule {
  define(command: Command, run: Run): void;
}
