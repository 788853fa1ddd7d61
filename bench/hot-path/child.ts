import { openPass } from './passes';
import type { Input, Pass } from './passes';

/** A process that does one pass again and again, whenever it is told to. */

export type Order = { kind: 'open'; pass: Pass; input: Input } | { kind: 'round' };

/** How many rows the pass was over, and the processor time it took in microseconds. */
export interface Round {
  rows: number;
  micros: number;
}

let pass: (() => number) | undefined;

process.on('message', (order: Order) => {
  if (order.kind === 'open') pass = openPass(order.pass, order.input);
  const begun = process.cpuUsage();
  const rows = pass!();
  const { user, system } = process.cpuUsage(begun);
  process.send!({ rows, micros: user + system } satisfies Round);
});
