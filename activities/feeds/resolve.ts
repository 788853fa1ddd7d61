import type { Feed, Feeds } from '../../core/feeds/feed';
import { queriesOf } from '../../core/feeds/planned';
import { resolveFeeds } from '../../core/feeds/resolve';
import { SqliftError } from '../../core/errors';
import { runFiles } from '../../stores/artifacts/run-files';
import { openSqlite } from '../../stores/sqlite/open';
import { queryColumns } from '../../stores/sqlite/query-reader';
import { allMappings, planOf, snapshotPath } from '../context';
import type { ActivityDeps } from '../context';

/** The run's feeds, made concrete against its snapshots: once, and kept. Only after the transform phase. */
export async function feedsOf(deps: ActivityDeps, run: string): Promise<Feeds> {
  const key = runFiles.feeds(run);
  if (await deps.artifacts.has(key)) return JSON.parse((await deps.artifacts.get(key)).toString('utf8')) as Feeds;
  const plan = await planOf(deps, run);
  const mappings = (await allMappings(deps, run)).map(({ mapping }) => mapping);
  const columns: [string, string[]][] = [];
  for (const { feed, source, sql } of queriesOf(plan)) {
    if (!Object.hasOwn(plan.sources, source)) continue;
    const db = openSqlite(snapshotPath(deps, run, source));
    try {
      columns.push([feed, queryColumns(db, feed, sql)]);
    } finally {
      db.close();
    }
  }
  const feeds = resolveFeeds(plan, mappings, Object.fromEntries(columns));
  await deps.artifacts.put(key, JSON.stringify(feeds));
  return feeds;
}

export async function feedOf(deps: ActivityDeps, run: string, path: string): Promise<Feed> {
  const found = (await feedsOf(deps, run)).feeds.find(({ feed }) => feed === path);
  if (found === undefined) throw new SqliftError('Internal', `feed ${path} is not in the run’s plan`, { table: path });
  return found;
}
