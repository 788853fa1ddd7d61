import { OUTCOMES } from './classify';
import type { Verdict } from './classify';

export interface Results {
  date: string;
  postgres: string;
  tools: { name: string; version: string; settings: string }[];
  traps: { id: string; title: string; verdicts: Record<string, Verdict> }[];
}

/** A line a trap, for a terminal. */
export function table({ tools, traps }: Results): string {
  const rows = [
    ['trap', ...tools.map(({ name }) => name)],
    ...traps.map(({ id, verdicts }) => [id, ...tools.map(({ name }) => cell(verdicts[name]!))]),
  ];
  const width = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((text, i) => text.padEnd(width[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const cell = ({ outcome, exit }: Verdict): string =>
  outcome === 'right' || outcome === 'hang' ? outcome : `${outcome} [${exit ?? '–'}]`;

/** How often each tool ended how. */
export function totals({ tools, traps }: Results): string {
  return tools
    .map(({ name, version }) => {
      const counts = OUTCOMES.map((outcome) => [outcome, count(traps, name, outcome)] as const).filter(
        ([, n]) => n > 0,
      );
      return `${`${name} ${version}`.padEnd(20)} ${counts.map(([outcome, n]) => `${n} ${outcome}`).join(', ')}`;
    })
    .join('\n');
}

function count(traps: Results['traps'], name: string, outcome: Verdict['outcome']): number {
  return traps.filter(({ verdicts }) => verdicts[name]!.outcome === outcome).length;
}

/** The page docs/fidelity.md. */
export function markdown(results: Results): string {
  const { date, postgres, tools, traps } = results;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const bold = (verdict: Verdict) =>
    verdict.outcome === 'right' || verdict.outcome === 'declared' ? cell(verdict) : `**${cell(verdict)}**`;
  const first = traps.map(({ id, title, verdicts }) =>
    line([`\`${id}\``, escape(title), ...tools.map(({ name }) => bold(verdicts[name]!))]),
  );
  const silent = traps.flatMap(({ id, verdicts }) =>
    tools.flatMap(({ name }) => {
      const what = verdicts[name]!.findings.filter(({ declared }) => !declared).map((finding) => finding.what);
      return what.length === 0 ? [] : [`- \`${id}\`, ${name}: ${escape(what.slice(0, 2).join('; '))}`];
    }),
  );
  return `# Fidelity: what arrives

${traps.length} SQLite databases with one surprise each, and an innocent table beside it, migrated by sqlift and by other tools to PostgreSQL ${postgres}.
Made on ${date} by \`npm run bench:fidelity -- --markdown docs/fidelity.md\`; the databases, the oracle and the settings are in
[bench/fidelity](../bench/fidelity). \`bench/peers/install.sh\` installs the other tools.

- **right**: every value, row and promise of the schema is in PostgreSQL.
- **declared**: something is not, and the tool itself names it: in its report, in quarantine or in an error message.
- **silent loss**: something is missing and nothing says so. **wrong**: something else is there. Both with exit code 0.
- **crash**: the exit code is not 0, and something is missing that no message names. **hang**: it did not end within its minute.

The number in brackets is the exit code. A tool that fails as a whole and names what it failed on counts as *declared*: its user knows. Whatever
a tool calls a table or column, and any type that holds the value, is accepted.

${line(['', ...OUTCOMES])}
${line(['---', ...OUTCOMES.map(() => '---:')])}
${tools.map(({ name, version }) => line([`${name} ${version}`, ...OUTCOMES.map((outcome) => String(count(traps, name, outcome)))])).join('\n')}

${line(['trap', 'what is in it', ...tools.map(({ name }) => name)])}
${line(['---', '---', ...tools.map(() => '---')])}
${first.join('\n')}

## Settings

${tools.map(({ name, version, settings }) => `- ${name} ${version}: ${settings}`).join('\n')}

## What was silent

${silent.join('\n')}
`;
}

const escape = (text: string): string => text.replace(/[|<>*_\\]/g, '\\$&').replaceAll('\n', ' ');
