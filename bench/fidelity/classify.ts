import type { Declaration, ToolRun } from './tools/tool';
import type { Finding } from './trap';

/** From best to worst. */
export const OUTCOMES = ['right', 'declared', 'silent loss', 'wrong', 'crash', 'hang'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Verdict {
  outcome: Outcome;
  exit: number | null;
  /** What did not arrive as it was, and whether the tool said so. */
  findings: { what: string; declared: boolean }[];
}

/**
 * right: everything arrived. declared: what did not is named by the tool itself. silent loss, wrong: something is missing, or something
 * else is there, and nothing says so. crash: the same, but at least the exit code is not 0. hang: it did not end.
 */
export function classify(run: ToolRun, findings: readonly Finding[]): Verdict {
  const judged = findings.map((finding) => ({ finding, declared: isDeclared(run, finding) }));
  const verdict = {
    exit: run.exit,
    findings: judged.map(({ finding, declared }) => ({ what: finding.what, declared })),
  };
  if (run.hung) return { ...verdict, outcome: 'hang' };
  const silent = judged.filter(({ declared }) => !declared);
  if (silent.length === 0) return { ...verdict, outcome: findings.length === 0 ? 'right' : 'declared' };
  if (run.exit !== 0) return { ...verdict, outcome: 'crash' };
  return { ...verdict, outcome: silent.some(({ finding }) => finding.kind === 'changed') ? 'wrong' : 'silent loss' };
}

function isDeclared({ declarations, rejected }: ToolRun, { about, names, rows }: Finding): boolean {
  if (rows !== undefined && (rejected.get(rows.table) ?? 0) >= rows.count) return true;
  return declarations.some(
    (one) => fits(one, about) && names.every((name) => [name].flat().some((any) => says(one.text, any))),
  );
}

/** That a table is not there says that nothing of it is; what is said of a column may be about a promise of it. */
function fits({ about: said }: Declaration, about: Finding['about']): boolean {
  return said === 'any' || said === 'rows' || said === about || (said === 'column' && about === 'object');
}

/** Whether a text names it: as a word, in any case. An empty name cannot be named. */
function says(text: string, name: string): boolean {
  const at = text.toLowerCase().indexOf(name.toLowerCase());
  if (at < 0 || name === '') return false;
  const isInWord = (inside: string, outside: string | undefined) =>
    /\w/.test(inside) && /[A-Za-z0-9]/.test(outside ?? '');
  return !isInWord(name[0]!, text[at - 1]) && !isInWord(name.at(-1)!, text[at + name.length]);
}
