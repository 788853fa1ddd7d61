import type { Colors } from 'picocolors/types';
import picocolors from 'picocolors';
import { redact } from './redact';

/** Where a command writes and what the place is like. `main` makes one of the real streams; tests hand in their own. */
export interface Streams {
  stdout: { write(text: string): unknown; isTTY?: boolean };
  stderr: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  stdin: { isTTY?: boolean };
}

export interface TerminalOptions {
  /** 0: data and errors only. 1: normal. 2: details too. */
  loudness: 0 | 1 | 2;
  color: 'auto' | 'always' | 'never';
  /** False never asks anything. */
  input: boolean;
}

/** Data goes to stdout, everything that is said to people to stderr, without secrets. */
export class Terminal {
  /** For stderr. */
  readonly colors: Colors;
  /** For stdout. */
  readonly dataColors: Colors;
  /** Whether a person sits there who can be asked. */
  readonly asks: boolean;
  /** Whether stderr can show bars that move. */
  readonly live: boolean;

  constructor(
    readonly streams: Streams,
    readonly options: TerminalOptions,
    env: NodeJS.ProcessEnv,
  ) {
    const ci = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
    const { stdin, stdout, stderr } = streams;
    this.colors = picocolors.createColors(wantsColor(options.color, stderr.isTTY === true, env));
    this.dataColors = picocolors.createColors(wantsColor(options.color, stdout.isTTY === true, env));
    this.asks = options.input && stdin.isTTY === true && stderr.isTTY === true && !ci;
    this.live = stderr.isTTY === true && !ci && env.TERM !== 'dumb' && options.loudness > 0;
  }

  /** Data, as it is, with a line end. */
  out(text: string): void {
    this.streams.stdout.write(`${text}\n`);
  }

  /** Data as one JSON document. */
  json(value: unknown): void {
    this.out(JSON.stringify(value, null, 2));
  }

  /** A line for people; silent with `-q`. */
  say(line = ''): void {
    if (this.options.loudness > 0) this.error(line);
  }

  /** A line for people who asked for details. */
  detail(line: string): void {
    if (this.options.loudness > 1) this.error(this.colors.dim(line));
  }

  /** A line that is always shown. */
  error(line: string): void {
    this.streams.stderr.write(`${redact(line)}\n`);
  }
}

/** NO_COLOR and TERM=dumb turn colour off, FORCE_COLOR turns it on; an explicit flag has the last word. */
export function wantsColor(flag: TerminalOptions['color'], isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (flag !== 'auto') return flag === 'always';
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}
