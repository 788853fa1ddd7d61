/**
 * Takes apart what COPY TO STDOUT sends in text format (postgresql.org/docs/current/sql-copy.html, "Text Format"):
 * a line a row, tabs between cells, `\N` for NULL, backslash sequences for what would be mistaken.
 */
export class CopyTextParser {
  readonly #cells: (string | null)[];
  #pending: Buffer[] = [];

  /** `visit` is called for each row with its cells; the array is reused, the strings may share memory with their neighbours. */
  constructor(
    width: number,
    private readonly visit: (cells: readonly (string | null)[]) => void,
  ) {
    this.#cells = new Array<string | null>(width).fill(null);
  }

  /** Takes the next bytes, which may begin and end anywhere. */
  push(chunk: Buffer): void {
    const end = chunk.lastIndexOf(10) + 1;
    if (end === 0) {
      this.#pending.push(chunk);
      return;
    }
    const whole = chunk.subarray(0, end);
    // Only whole lines are decoded, so no character is cut in two.
    this.#lines((this.#pending.length === 0 ? whole : Buffer.concat([...this.#pending, whole])).toString('utf8'));
    this.#pending = end < chunk.length ? [chunk.subarray(end)] : [];
  }

  #lines(text: string): void {
    const cells = this.#cells;
    const last = cells.length - 1;
    let backslash = position(text, '\\', 0);
    for (let at = 0; at < text.length;) {
      for (let column = 0; column <= last; column++) {
        const stop = text.indexOf(column === last ? '\n' : '\t', at);
        const cell = text.slice(at, stop);
        if (backslash < stop) {
          cells[column] = unescaped(cell);
          backslash = position(text, '\\', stop);
        } else {
          cells[column] = cell;
        }
        at = stop + 1;
      }
      this.visit(cells);
    }
  }
}

function position(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? Infinity : at;
}

const SEQUENCES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescaped(cell: string): string | null {
  if (cell === '\\N') return null;
  // A bytea, `\\x…`: no need to look for more sequences in what may be megabytes of digits.
  if (cell.startsWith('\\\\') && cell.lastIndexOf('\\') === 1) return cell.slice(1);
  return cell.replace(/\\([^])/g, (_, code: string) => SEQUENCES[code] ?? code);
}
