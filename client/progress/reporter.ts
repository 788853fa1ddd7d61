import type { RunProgress, TableProgress } from '../../core/run';
import type { Terminal } from '../terminal';
import { BarsReporter } from './bars';
import { PlainReporter } from './plain';

/** Shows a run while it goes: bars that move in a terminal, a line per step elsewhere, JSON lines for programs. */
export interface Reporter {
  update(progress: RunProgress, tables: readonly TableProgress[]): void;
  /** A line of its own, kept on the screen. */
  note(line: string): void;
  /** Leaves the last picture where it is and gives the terminal back. */
  end(): void;
}

export type ReporterKind = 'people' | 'json lines' | 'none';

export function openReporter(terminal: Terminal, kind: ReporterKind): Reporter {
  if (kind === 'json lines') return new JsonLinesReporter(terminal);
  if (kind === 'none' || terminal.options.loudness === 0) return new SilentReporter(terminal);
  return terminal.live ? new BarsReporter(terminal) : new PlainReporter(terminal);
}

/** One RunProgress a line on stdout, only when something has changed. */
class JsonLinesReporter implements Reporter {
  #last = '';
  constructor(private readonly terminal: Terminal) {}

  update(progress: RunProgress): void {
    const changing = JSON.stringify({
      ...progress,
      phases: progress.phases.map(({ name, state }) => ({ name, state })),
    });
    if (changing === this.#last) return;
    this.#last = changing;
    this.terminal.out(JSON.stringify({ type: 'progress', ...progress }));
  }

  note(line: string): void {
    this.terminal.say(line);
  }

  end(): void {}
}

class SilentReporter implements Reporter {
  constructor(private readonly terminal: Terminal) {}
  update(): void {}
  note(line: string): void {
    this.terminal.say(line);
  }
  end(): void {}
}
