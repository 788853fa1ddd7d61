import { SqliftError } from '../../core/errors';
import type { FeedStoreName } from '../../core/feeds/feed';
import { runFiles } from '../../stores/artifacts/run-files';
import { connectionFromEnv } from '../../stores/connections';
import type { Connections } from '../../stores/connections';
import type { FeedStore, RunWork, StoreContext } from '../../stores/feed-store';
import { openFeedStore } from '../../stores/feed-stores';
import { beat, planOf, storedConnections } from '../context';
import type { ActivityDeps } from '../context';

/** A store of the run, opened once for all activities of the process. Address: the run's own file, the plan's variable, the usual one. */
export async function feedStoreOf(deps: ActivityDeps, run: string, store: FeedStoreName): Promise<FeedStore> {
  const connection = (await storedConnections(deps, run))[store] ?? (await configured(deps, run, store));
  const key = `${store} ${JSON.stringify(connection)}`;
  let open = deps.feedStores.get(key);
  if (open === undefined) {
    open = openFeedStore(store, connection as never, contextOf(deps));
    deps.feedStores.set(key, open);
    // An address that is none is read again next time: it may have been corrected.
    open.catch(() => deps.feedStores.delete(key));
  }
  return await open;
}

/** Tells Temporal that the activity lives, and how many entries it has done. */
export function beatOf(store: FeedStoreName): RunWork['beat'] {
  return (entries) => beat({ table: store, ...(entries !== undefined && { rows: entries }) });
}

function contextOf({ artifacts, env }: ActivityDeps): StoreContext {
  return { env, file: (name) => artifacts.path(name) };
}

async function configured(
  deps: ActivityDeps,
  run: string,
  store: FeedStoreName,
): Promise<NonNullable<Connections[FeedStoreName]>> {
  // A rollback must not need the plan, which may be gone with the state folder.
  const hasPlan = await deps.artifacts.has(runFiles.plan(run));
  const reference = hasPlan ? (await planOf(deps, run)).target?.[store] : undefined;
  const found = connectionFromEnv(store, deps.env, reference?.slice(2, -1));
  if (typeof found === 'object' && 'missing' in found)
    throw new SqliftError('SettingMissing', `${found.missing} is not set where the worker runs`, { server: store });
  return found;
}
