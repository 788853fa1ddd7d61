import path from 'node:path';
import { draftPlan } from '../../core/draft';
import { inspection } from '../../core/inspection';
import type { FileInspection } from '../../core/inspection';
import type { Refusals } from '../../core/refusals';
import { resolvePlan } from '../../core/resolve';
import { findFiles } from '../../stores/files/folder';
import { openSqlite } from '../../stores/sqlite/open';
import { profileSource } from '../../stores/sqlite/profile';
import { findRefusals } from '../../stores/sqlite/refusals';
import type { Context } from '../context';
import { kindOfInput, nameOfFile, schemaOfName } from '../input';
import { withCopy } from '../plans';

/** Looks at a file as a draft would, and at what a run of that draft would refuse. Throws as `draft` does. */
export async function inspectFile(context: Context, file: string): Promise<FileInspection> {
  const absolute = path.resolve(file);
  const name = nameOfFile(file);
  const kind = kindOfInput(file, { documents: true });
  if (kind === 'files') findFiles(file);
  const look = async (at: string) => {
    const source = { name, path: absolute, schema: schemaOfName(name), ...(await profileSource(at)) };
    const { plan, comments } = draftPlan({ name, sources: [source] });
    const [mapping] = resolvePlan(plan, '/', { [name]: source.catalog });
    const refusals = new Map<string, Refusals>();
    const db = openSqlite(at);
    try {
      for (const table of mapping!.tables)
        refusals.set(table.table, await findRefusals(at, db, source.catalog, table, source.evidence[table.table]!));
    } finally {
      db.close();
    }
    return { source, plan: plan.sources[name]!, comments: comments[name]!, refusals };
  };
  const { found, copy, survey } = await withCopy(context, file, look, kind === 'files' ? {} : undefined);
  return inspection({
    ...found,
    file: absolute,
    survey: { ...survey, problems: survey.integrity === 'ok' ? [] : survey.integrity.problems },
    journalMode: copy.journalMode,
    walBytes: copy.walBytes,
  });
}
