/** A program to run. */
export interface Command {
  command: string;
  args: readonly string[];
  /** Besides this process's own environment. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}
