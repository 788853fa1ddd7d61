import { existsSync } from 'node:fs';
import path from 'node:path';
import { resolveSettings } from './settings';
import type { PlanTarget, SettingFlags, Settings } from './settings';
import { Terminal } from './terminal';
import type { Streams } from './terminal';

/** Options that every command has. */
export interface GlobalOptions {
  home?: string;
  quiet?: boolean;
  verbose?: boolean;
  debug?: boolean;
  color?: 'auto' | 'always' | 'never';
  /** False after `--no-input`. */
  input?: boolean;
}

/** What a command works with: where it was called, how it talks, what is configured. */
export class Context {
  readonly terminal: Terminal;
  readonly home: string | undefined;
  readonly debug: boolean;

  constructor(
    readonly env: NodeJS.ProcessEnv,
    readonly cwd: string,
    streams: Streams,
    options: GlobalOptions,
  ) {
    const loudness = options.quiet === true ? 0 : options.verbose === true || options.debug === true ? 2 : 1;
    this.terminal = new Terminal(
      streams,
      { loudness, color: options.color ?? 'auto', input: options.input ?? true },
      env,
    );
    this.home = options.home;
    this.debug = options.debug ?? false;
  }

  /** Resolved settings. Throws one SqliftError that names every problem. */
  settings(flags: SettingFlags = {}, target?: PlanTarget): Settings {
    const { env, cwd } = this;
    return resolveSettings({ flags: { home: this.home, ...flags }, env, cwd, target });
  }

  /** An absolute path of one that was given on the command line. */
  path(given: string): string {
    return path.resolve(this.cwd, given);
  }

  /** How this program is called from here: `./sqlift` in a checkout, `sqlift` where it is installed. */
  get command(): string {
    return commandName(this.cwd);
  }
}

/** The root of the checkout or of the installed package: the compiled CLI is in dist/client. */
export const packageRoot = (): string => {
  const above = path.resolve(__dirname, '..');
  return path.basename(above) === 'dist' ? path.dirname(above) : above;
};

/** See `Context.command`. */
export function commandName(cwd: string): string {
  const launcher = path.join(packageRoot(), 'sqlift');
  if (packageRoot().includes(`${path.sep}node_modules${path.sep}`) || !existsSync(launcher)) return 'sqlift';
  const relative = path.relative(cwd, launcher);
  return relative.startsWith('..') ? relative : `./${relative}`;
}
