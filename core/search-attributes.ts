/**
 * Search attributes of every run, registered by `sqlift stack up` and `sqlift doctor --fix`. Values are indexed
 * unencrypted: names and counts only.
 */
export const SEARCH_ATTRIBUTES = {
  SqliftPlan: 'KEYWORD',
  SqliftRun: 'KEYWORD',
  SqliftPhase: 'KEYWORD',
  SqliftState: 'KEYWORD',
  SqliftRows: 'INT',
  SqliftQuarantined: 'INT',
} as const;
