import type { Meaning, SourceValue } from '../../core/meaning/meaning';
import type { Findings } from './findings';

/** A row of one side that the other has no equal of, with what it takes to compare and to show it. */
export interface Unmatched {
  meanings: readonly Meaning[];
  values: readonly SourceValue[];
  key: string;
}

/** How many rows with a cell in common are looked at for each row: beyond that the cell is too common to tell anything. */
const POSTINGS = 64;

/**
 * Pairs rows that the source alone has with rows that the target alone has, the most alike first, and reports the cells in which each
 * pair differs; what has no partner is a missing or an extra row. With `always` any two rows may be a pair (their keys
 * are equal); otherwise at least half of their cells must agree.
 */
export function reportPairs(
  missing: readonly Unmatched[],
  extra: readonly Unmatched[],
  always: boolean,
  findings: Findings,
): void {
  const candidates: { score: number; from: number; to: number }[] = [];
  const width = (missing[0] ?? extra[0])?.meanings.length ?? 0;
  const enough = always ? 0 : Math.max(1, Math.ceil(width / 2));
  const few = missing.length * extra.length <= 10_000;
  const postings = few ? undefined : byCell(extra);
  const all = extra.map((_, to) => to);
  for (const [from, row] of missing.entries()) {
    for (const to of postings === undefined ? all : likely(row, postings)) {
      const score = equalCells(row.meanings, extra[to]!.meanings);
      if (score >= enough) candidates.push({ score, from, to });
    }
  }
  candidates.sort((a, b) => b.score - a.score || a.from - b.from || a.to - b.to);
  const pairedFrom = new Set<number>();
  const pairedTo = new Set<number>();
  for (const { from, to } of candidates) {
    if (pairedFrom.has(from) || pairedTo.has(to)) continue;
    pairedFrom.add(from);
    pairedTo.add(to);
    reportCells(missing[from]!, extra[to]!, findings);
  }
  for (const [from, row] of missing.entries()) if (!pairedFrom.has(from)) findings.missing(row);
  for (const [to, row] of extra.entries()) if (!pairedTo.has(to)) findings.extra(row);
}

function reportCells(source: Unmatched, target: Unmatched, findings: Findings): void {
  for (let i = 0; i < source.meanings.length; i++) {
    if (source.meanings[i] !== target.meanings[i]) findings.cell(source.key, i, source.values[i]!, target.values[i]!);
  }
}

function equalCells(a: readonly Meaning[], b: readonly Meaning[]): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal++;
  return equal;
}

type Postings = Map<Meaning, number[]>[];

/** For each column: the rows that hold a value there, for values that few rows hold. */
function byCell(rows: readonly Unmatched[]): Postings {
  const postings: Postings = rows[0]!.meanings.map(() => new Map<Meaning, number[]>());
  for (const [index, row] of rows.entries()) {
    for (const [column, meaning] of row.meanings.entries()) {
      const list = postings[column]!.get(meaning);
      if (list === undefined) postings[column]!.set(meaning, [index]);
      else if (list.length < POSTINGS) list.push(index);
    }
  }
  return postings;
}

function likely(row: Unmatched, postings: Postings): Set<number> {
  const rows = new Set<number>();
  for (const [column, meaning] of row.meanings.entries()) {
    const list = postings[column]!.get(meaning);
    if (list !== undefined && list.length < POSTINGS) for (const index of list) rows.add(index);
  }
  return rows;
}
