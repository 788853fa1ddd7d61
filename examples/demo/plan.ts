import type { Plan, PlanColumn } from '../../core/plan';

/**
 * What a person would decide after reading the draft: a release date is a date and a cost a number, although a few rows hold
 * neither (those go to the quarantine), and seconds since 1970 are a time.
 */
const DECISIONS: Record<string, Record<string, PlanColumn>> = {
  films: { released: { type: 'date' } },
  bird_strikes: { cost: { type: 'numeric(12,2)' } },
  flights: { departed_at: { type: 'timestamptz', format: 'unix-seconds', notNull: true } },
};

/** The drafted plan with the demo's decisions. Rows that cannot be held are tolerated, and what an earlier demo made is replaced. */
export function demoPlan(drafted: Plan): Plan {
  const sources = Object.entries(drafted.sources).map(([name, source]) => {
    const tables = Object.entries(source.tables).map(([table, planned]) => {
      const columns = { ...planned.columns, ...DECISIONS[table] };
      return [table, { ...planned, columns, ifExists: 'replace' as const }];
    });
    return [name, { ...source, tables: Object.fromEntries(tables) as typeof source.tables }];
  });
  return { ...drafted, quarantine: 'any', sources: Object.fromEntries(sources) as Plan['sources'] };
}
