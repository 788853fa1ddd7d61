import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { compileRow } from '../../core/codecs/row';
import { CopyWriter } from '../../core/codecs/writer';
import type { TableEvidence } from '../../core/evidence';
import { refusedBy } from '../../core/fits';
import type { TableMapping } from '../../core/mapping';
import { rowRefusal } from '../../core/refused-rows';
import type { RowView } from '../../core/row';
import { sampleOf } from '../../core/samples';
import type { Refusals, RefusedRows } from '../../core/refusals';
import type { SourceCatalog } from '../../core/source';
import { canBeTooBig, isTooBig } from '../../core/tuple-size';
import { openReader } from './open-reader';

const MAX_SAMPLES = 3;
/** What PostgreSQL says of a row that does not fit a page: program_limit_exceeded. */
const TOO_BIG = 'refused by PostgreSQL (SQLSTATE 54000)';

/**
 * Which rows of a table a run with this mapping would put into quarantine: those that its codecs refuse, and those that PostgreSQL
 * would find too big. Reads the rows only where the census leaves a doubt.
 *
 * @param path a copy or snapshot of the source
 * @throws SqliftError SourceCorrupt, SourceUnreadable
 */
export async function findRefusals(
  path: string,
  db: Database.Database,
  catalog: SourceCatalog,
  mapping: TableMapping,
  evidence: TableEvidence,
): Promise<Refusals> {
  const refused = new Map<string, RefusedRows>();
  if (!inDoubt(mapping, evidence)) return { rows: 0, reasons: [] };
  const { columns, origin } = mapping;
  const encode = compileRow(columns);
  const unread = rowRefusal(origin);
  const checkSize = canBeTooBig(columns);
  const out = new CopyWriter();
  const key = origin.primaryKey.map((name) => origin.columns.findIndex((column) => column.name === name));
  let rows = 0;
  const visit = (row: RowView): void => {
    out.length = 0;
    const broken = unread(row);
    const refusal = broken === undefined ? encode(row, out) : { column: undefined, reason: broken };
    const tooBig = refusal === undefined && checkSize && isTooBig(columns, out.bytes.subarray(0, out.length));
    if (refusal === undefined && !tooBig) return;
    rows += 1;
    const column = refusal?.column === undefined ? undefined : columns[refusal.column]!;
    const reason = refusal?.reason ?? TOO_BIG;
    const id = JSON.stringify([column?.source, reason]);
    let entry = refused.get(id);
    if (entry === undefined) {
      entry = { ...(column !== undefined && { column: column.source }), reason, rows: 0, samples: [] };
      refused.set(id, entry);
    }
    entry.rows += 1;
    if (entry.samples.length < MAX_SAMPLES) entry.samples.push(sampleOf(row, column?.index ?? 0, key));
  };
  const reader = openReader({ path, catalog, table: origin, db });
  try {
    for (const _ of reader.batches(visit)) await nextTurn();
  } finally {
    reader.close();
  }
  return { rows, reasons: [...refused.values()].sort((a, b) => b.rows - a.rows) };
}

/** Could any row be refused, as far as the census tells? */
function inDoubt({ columns, origin }: TableMapping, evidence: TableEvidence): boolean {
  if (evidence.rows === 0) return false;
  return (
    canBeTooBig(columns) ||
    evidence.refused !== undefined ||
    columns.some(({ index, type, format, affinity, notNull }) => {
      const found = evidence.columns[index];
      if (found === undefined || found.column !== origin.columns[index]?.name) return true;
      // Times told by numbers are in range or not, which the census does not count.
      if (format !== undefined && format !== 'tagged') return true;
      return refusedBy(type, format, found, affinity) > 0 || (notNull && found.nulls > 0);
    })
  );
}
