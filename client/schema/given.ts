import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { SourceMapping, TableMapping } from '../../core/mapping';
import type { NotCarried } from '../../core/plan';
import { readPlan } from '../../core/plan-file';
import { runFiles } from '../../stores/artifacts/run-files';
import { withClient } from '../../stores/postgres/target';
import type { Queryable } from '../../stores/postgres/target';
import { viewColumns } from '../../stores/postgres/views';
import type { Context } from '../context';
import { kindOfInput } from '../input';
import { readyPlan, resolved } from '../plans';
import { loadReport } from '../report/load';
import { findRun } from '../runs';
import { withSession } from '../session';
import { targetOf } from './target';
import type { Provenance, Target } from './target';

/** What an artefact is made of: the target, and where that comes from. */
export interface Given {
  target: Target;
  provenance: Provenance;
}

/** From a plan, a SQLite file to draft one from, or a run. Throws as reading those does. */
export async function givenBy(context: Context, given: string): Promise<Given> {
  const isFile = existsSync(context.path(given)) || /\.(ya?ml|sqlite3?|db3?)$/i.test(given);
  return isFile ? await ofPlan(context, context.path(given)) : await ofRun(context, given);
}

async function ofPlan(context: Context, file: string): Promise<Given> {
  const ready = await readyPlan(context, file, {});
  // Of the file as it lies there, so that `sha256sum` says the same; of a draft that is in no file, its text.
  const text = kindOfInput(file) === 'plan' ? readFileSync(file) : ready.text;
  return {
    target: targetOf((await resolved(context, ready)).mappings),
    provenance: { plan: ready.plan.name, planSha256: sha256(text) },
  };
}

/** As the run's transform phase resolved it, less what PostgreSQL then refused. Throws ArtifactMissing when it never came that far. */
function ofRun(context: Context, given: string): Promise<Given> {
  return withSession(context, { stack: 'look' }, async (session) => {
    const { artifacts } = session;
    const known = await findRun(session, given);
    const { run } = known;
    const text = await artifacts.get(runFiles.plan(run));
    const plan = readPlan(text.toString('utf8'), artifacts.path(runFiles.plan(run)));
    const mappings = await Promise.all(
      Object.keys(plan.sources).map(async (source) => {
        const stored = (await artifacts.get(runFiles.mapping(run, source))).toString('utf8');
        return (JSON.parse(stored) as { mapping: SourceMapping }).mapping;
      }),
    );
    const refused = (await loadReport(session, known))?.notCarried ?? [];
    const target = targetOf(mappings.map((mapping) => asMade(mapping, refused)));
    await session.withTargetIfThere((pool) => withClient(pool, (client) => addViewColumns(client, target)), run);
    return { target, provenance: { plan: plan.name, planSha256: sha256(text), run } };
  });
}

async function addViewColumns(client: Queryable, { views }: Target): Promise<void> {
  for (const view of views) {
    const columns = await viewColumns(client, view.schema, view.target);
    if (columns.length > 0) view.columns = columns;
  }
}

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** The mapping without the keys and views that the run could not make, and with constraints NOT VALID that the rows violate. */
function asMade(mapping: SourceMapping, reported: readonly NotCarried[]): SourceMapping {
  const planned = new Set(mapping.notCarried.map(({ object, kind }) => `${kind} ${object}`));
  const late = reported.filter(({ object, kind }) => !planned.has(`${kind} ${object}`));
  const refused = (kind: string) => {
    const names = late.filter((item) => item.kind === kind && item.reason.startsWith('PostgreSQL refused it'));
    return ({ name }: { name: string }) => !names.some(({ object }) => object === name);
  };
  const violated = (kind: string, name: string) =>
    late.some((item) => item.kind === kind && item.object === name && item.reason.includes('NOT VALID'));
  const tables = mapping.tables.map(({ primaryKey, ...table }): TableMapping => ({
    ...table,
    ...(primaryKey && refused('primary key')(primaryKey) && { primaryKey }),
    unique: table.unique.filter(refused('unique constraint')),
    indexes: table.indexes.filter(refused('index')),
    foreignKeys: table.foreignKeys
      .filter(refused('foreign key'))
      .map((key) => (violated('foreign key', key.name) ? { ...key, validate: false } : key)),
    checks: table.checks
      .filter(refused('check constraint'))
      .map((check) => (violated('check constraint', check.name) ? { ...check, validate: false } : check)),
  }));
  // A view is published only when its rows were the source's.
  const views = mapping.views.filter(
    ({ view }) => !late.some(({ object, kind }) => kind === 'view' && object === view),
  );
  return { ...mapping, tables, views, notCarried: [...mapping.notCarried, ...late] };
}
