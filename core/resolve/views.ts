import type { ViewMapping } from '../mapping';
import type { NotCarried, PlanSource } from '../plan';
import type { SourceCatalog } from '../source';
import type { Problems } from './problems';

/** The plan's views, in its order. Those of the source that it says nothing of are noted. */
export function resolveViews(
  name: string,
  source: PlanSource,
  { others }: SourceCatalog,
  notCarried: NotCarried[],
  problems: Problems,
): ViewMapping[] {
  const known = others.filter(({ kind }) => kind === 'view').map((view) => view.name);
  const planned = Object.entries(source.views ?? {});
  for (const [view] of planned) {
    if (!known.includes(view)) problems.stale(`source ${name} has no view ${view}`, view, known);
    if (source.exclude?.includes(view) === true) problems.invalid(`view ${view} is in views and in exclude`);
  }
  for (const view of known) {
    const explained =
      planned.some(([other]) => other === view) ||
      source.exclude?.includes(view) === true ||
      notCarried.some(({ object, kind }) => object === view && kind === 'view');
    if (!explained) notCarried.push({ object: view, kind: 'view', reason: 'not in the plan' });
  }
  return planned.map(([view, { to, ifExists, sql }]) => ({
    source: name,
    view,
    schema: source.schema,
    target: to ?? view,
    ifExists: ifExists ?? 'error',
    sql,
    origin: others.find((object) => object.name === view && object.kind === 'view')?.sql ?? '',
  }));
}
