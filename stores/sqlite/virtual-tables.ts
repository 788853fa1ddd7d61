import type Database from 'better-sqlite3';
import type { SourceObject, SourceTable } from '../../core/source';
import { nameKey, quoteName } from './names';
import { readVirtualTableSql } from './schema-sql';

/** Modules whose tables only show what another table holds. */
const DERIVED_MODULES = new Set(['fts5vocab', 'fts4aux', 'fts3tokenize', 'dbstat']);

/** Why a virtual table has no rows to move; undefined where it has. Reads one row. */
export function whyUnreadable(db: Database.Database, { name, sql, fullText }: SourceTable): string | undefined {
  const { module, options } = readVirtualTableSql(sql);
  if (DERIVED_MODULES.has(module)) return `${module} shows what another table holds; it has no data of its own`;
  if (fullText?.content === '') {
    const unindexed = options.get('contentless_unindexed') === '1';
    return `contentless full-text index: the text was never stored${unindexed ? ', and its UNINDEXED columns are not moved' : ''}`;
  }
  if (fullText?.content !== undefined) return `full-text index of ${fullText.content}; it has no data of its own`;
  try {
    db.prepare(`SELECT * FROM ${quoteName(name)} LIMIT 1`)
      .raw()
      .get();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The longest name counts: with the virtual tables `a` and `a_b`, `a_b_data` belongs to `a_b`. */
export function shadowTable(name: string, sql: string, virtualNames: readonly string[]): SourceObject {
  const owners = virtualNames.filter((owner) => nameKey(name).startsWith(`${nameKey(owner)}_`));
  const table = owners.sort((a, b) => b.length - a.length)[0];
  return { name, kind: 'shadow table', ...(table !== undefined && { table }), sql };
}
