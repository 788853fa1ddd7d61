import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { median } from '../statistics';
import type { Order, Round } from './child';
import type { Input, Pass } from './passes';

/** A pass, as one version of the code does it. */
export interface Side {
  /** The process to run: see `Version`. */
  entry: string;
  input: Input;
}

export interface Comparison {
  /** How many times the processor time of the other side this one takes. */
  ratio: number;
  /** Of each pair of processes. */
  ratios: number[];
  /** How many the pass was over, on this side and the other. */
  rows: readonly [number, number];
  /** Microseconds of processor time a row, of this side. */
  perRow: number;
}

type Pair = Pick<Comparison, 'ratio' | 'rows' | 'perRow'>;

/** Rounds until the engine has optimised what it will. */
const WARM_UP = 32;
/** Pairs of rounds that one pair of processes does. */
const ROUNDS = 20;
/** Pairs of processes, at least and at most. */
const LEAST = 7;
const MOST = 21;
/** What is optimised first, and so what is inlined, does not depend on how soon a thread beside is done: that halves what luck makes. */
const V8_FLAGS = ['--single-threaded'];

/**
 * Has both sides do the same pass over the same bytes in turns of some milliseconds, so that whatever else slows the machine slows
 * both. Only processor time counts. A pair of processes gives the median over its rounds; since the engine is luckier in one process than in
 * another (what it inlines, where memory lies: 5 to 10 %), the median over several pairs is what counts.
 *
 * @param clear a ratio below it ends the comparison early
 */
export async function compare(pass: Pass, now: Side, then: Side, clear: number): Promise<Comparison> {
  const pairs: Pair[] = [];
  const ratio = () => median(pairs.map((pair) => pair.ratio));
  while (pairs.length < LEAST || (pairs.length < MOST && ratio() >= clear)) pairs.push(await inTurns(pass, now, then));
  return {
    ratio: ratio(),
    ratios: pairs.map((pair) => pair.ratio),
    rows: pairs[0]!.rows,
    perRow: median(pairs.map(({ perRow }) => perRow)),
  };
}

async function inTurns(pass: Pass, now: Side, then: Side): Promise<Pair> {
  const sides = [now, then].map(({ entry }) => new PassProcess(entry));
  const [mine, other] = sides as [PassProcess, PassProcess];
  try {
    const { rows } = await mine.do({ kind: 'open', pass, input: now.input });
    const others = (await other.do({ kind: 'open', pass, input: then.input })).rows;
    const ratios: number[] = [];
    const perRow: number[] = [];
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      // Neither is always the one that comes behind the other.
      const ofOther = round % 2 === 0 ? await other.round() : undefined;
      const ofMine = await mine.round();
      const after = ofOther ?? (await other.round());
      if (round < 0) continue;
      ratios.push(ofMine / after);
      perRow.push(ofMine / rows);
    }
    return { ratio: median(ratios), rows: [rows, others], perRow: median(perRow) };
  } finally {
    await Promise.all(sides.map((side) => side.end()));
  }
}

class PassProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(entry: string) {
    this.#child = fork(entry, [], { execArgv: V8_FLAGS });
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
  }

  do(order: Order): Promise<Round> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const exited = (code: number | null) => reject(new Error(`a pass ended with ${code}: its error stands above`));
      child.once('exit', exited);
      child.once('message', (round: Round) => {
        child.off('exit', exited);
        resolve(round);
      });
      child.send(order);
    });
  }

  async round(): Promise<number> {
    return (await this.do({ kind: 'round' })).micros;
  }

  async end(): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }
}
