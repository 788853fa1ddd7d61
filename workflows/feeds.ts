import { sleep } from '@temporalio/workflow';
import type { SourcesFound } from '../activities/preflight';
import type { FeedStoreName } from '../core/feeds/feed';
import type { FeedProgress, Phase } from '../core/run';
import type { Control } from './control';
import { asFailure, runError } from './failures';
import { activitiesOf } from './options';
import { inParallel } from './parallel';
import type { Progress } from './progress';
import { Saga } from './saga';

/** What fills Neo4j, Pinecone and Redis: each store in a phase of its own. */
const PHASE_OF = { neo4j: 'graph build', pinecone: 'embed', redis: 'cache' } as const satisfies Record<
  FeedStoreName,
  Phase
>;
const ACTIVITY_OF = { neo4j: 'buildGraph', pinecone: 'embed', redis: 'fillCache' } as const;

/** Chunks of one activity, and activities of one feed at once. */
const BATCH = 16;
const IN_FLIGHT = 2;

/** Stores that a run fills, in the order of their phases. */
export function storesOf({ feeds = [] }: SourcesFound): FeedStoreName[] {
  return (Object.keys(PHASE_OF) as FeedStoreName[]).filter((store) => feeds.some((feed) => feed.store === store));
}

/** Phases for which the run has no store. */
export function phasesWithout(found: SourcesFound): Phase[] {
  const stores = storesOf(found);
  return (Object.keys(PHASE_OF) as FeedStoreName[])
    .filter((store) => !stores.includes(store))
    .map((store) => PHASE_OF[store]);
}

/** Their ways back, each registered before the first write, each succeeding where there is nothing. */
export function registerStoreUndos(saga: Saga, run: string, found: SourcesFound): void {
  for (const store of storesOf(found))
    saga.register(undoOf(store), () => discardStore(run, store, false), { beside: true });
}

/** The same for a run that another workflow moved. Gives the names of those that failed, and why. */
export async function discardStores(run: string, stores: readonly FeedStoreName[], force: boolean): Promise<string[]> {
  const saga = new Saga();
  for (const store of stores) saga.register(undoOf(store), () => discardStore(run, store, force), { beside: true });
  return saga.compensate();
}

const undoOf = (store: FeedStoreName): string => `entries in ${store}`;

async function discardStore(run: string, store: FeedStoreName, force: boolean): Promise<void> {
  await activitiesOf('undoStore', `take the entries in ${store} back`).discardStore({ run, store, force });
}

/**
 * Looks through all stores before any of them is taken back. One that does not answer is not waited for: what others have done in it is
 * seen when it is taken back.
 *
 * @throws ApplicationFailure RollbackConflict, of all stores together
 */
export async function refuseConflicts(run: string, stores: readonly FeedStoreName[]): Promise<void> {
  const looks = await Promise.allSettled(stores.map((store) => lookThrough(run, store)));
  const errors = looks.flatMap((look) => (look.status === 'rejected' ? [runError(look.reason)] : []));
  const conflicts = errors.filter(({ code }) => code === 'RollbackConflict');
  const [first] = conflicts;
  if (first !== undefined) throw asFailure({ ...first, message: conflicts.map(({ message }) => message).join('; ') });
  const other = errors.find(({ code }) => code !== 'TargetUnreachable');
  if (other !== undefined) throw asFailure(other);
}

/** A blip is not yet a store that does not answer. */
const LOOKS = 3;

async function lookThrough(run: string, store: FeedStoreName): Promise<void> {
  for (let looks = 1; ; looks++) {
    try {
      return await activitiesOf('look', `what others have done in ${store}`).refuseConflicts({ run, store });
    } catch (error) {
      if (looks === LOOKS || runError(error).code !== 'TargetUnreachable') throw error;
      await sleep('2 seconds');
    }
  }
}

/** Makes the entries of every feed: afterwards it is known how many there are, and which rows are none. */
export async function prepareFeeds(run: string, { feeds = [] }: SourcesFound, control: Control): Promise<void> {
  const prepare = async ({ feed }: { feed: string }) => {
    await control.whileNotPaused();
    await activitiesOf('bulk', `entries of ${feed}`).prepareFeed({ run, feed });
  };
  // Relationships ask which nodes there are.
  const areLast = ({ feed }: { feed: string }) => feed.startsWith('graph.relationships.');
  await inParallel(
    feeds.filter((feed) => !areLast(feed)),
    IN_FLIGHT,
    prepare,
  );
  await inParallel(feeds.filter(areLast), IN_FLIGHT, prepare);
}

/** Fetches what the ledger knows of the feeds. */
export async function readFeeds(run: string, progress: Progress, found: SourcesFound): Promise<void> {
  if (storesOf(found).length === 0) return;
  const feeds = await activitiesOf('read', 'feeds').listFeeds({ run });
  progress.feeds.splice(0, progress.feeds.length, ...feeds);
}

/** Fills one store after the other. What is there already is left alone. */
export async function fillStores(
  run: string,
  progress: Progress,
  control: Control,
  found: SourcesFound,
): Promise<void> {
  for (const store of storesOf(found)) {
    await progress.phase(PHASE_OF[store], async () => {
      await activitiesOf('bulk', `prepare ${store}`).prepareStore({ run, store });
      // One after the other: relationships need their nodes.
      for (const feed of progress.feeds.filter((candidate) => candidate.store === store))
        await fillFeed(run, feed, control);
      await control.whileNotPaused();
      await activitiesOf('bulk', `finish ${store}`).finishStore({ run, store });
    });
  }
}

async function fillFeed(run: string, entry: FeedProgress, control: Control): Promise<void> {
  const { feed, store, chunks } = entry;
  const batches = Array.from({ length: Math.ceil(chunks / BATCH) }, (_, i) => i * BATCH);
  entry.state = 'filling';
  await inParallel(batches, IN_FLIGHT, async (from) => {
    await control.whileNotPaused();
    const to = Math.min(from + BATCH, chunks);
    const summary = chunks <= BATCH ? feed : `${feed}, chunks ${from + 1} to ${to} of ${chunks}`;
    const { written } = await activitiesOf('chunk', summary)[ACTIVITY_OF[store]]({ run, feed, from, to });
    entry.written += written;
  });
  entry.state = 'filled';
}

/** Reads every feed back and compares it with the snapshot, then looks at each store as a whole. */
export async function verifyFeeds(
  run: string,
  progress: Progress,
  control: Control,
  found: SourcesFound,
): Promise<void> {
  await inParallel(progress.feeds, IN_FLIGHT, async (entry) => {
    await control.whileNotPaused();
    const { feed } = entry;
    const { digest, differences } = await activitiesOf('bulk', `verify ${feed}`).verifyFeed({ run, feed });
    Object.assign(entry, { digest, state: differences === 0 ? 'verified' : 'differs' });
  });
  for (const store of storesOf(found)) await activitiesOf('bulk', `verify ${store}`).verifyStore({ run, store });
}

/** The same for a run that another workflow moved. */
export async function verifyFeedsAgain(run: string, stores: readonly FeedStoreName[]): Promise<void> {
  if (stores.length === 0) return;
  const feeds = await activitiesOf('read', 'feeds').listFeeds({ run });
  await inParallel(feeds, IN_FLIGHT, async ({ feed }) => {
    await activitiesOf('bulk', `verify ${feed}`).verifyFeed({ run, feed });
  });
  for (const store of stores) await activitiesOf('bulk', `verify ${store}`).verifyStore({ run, store });
}

/** Makes what was written visible, store by store; PostgreSQL's own publishing comes last and decides. */
export async function promoteStores(run: string, found: SourcesFound): Promise<void> {
  for (const store of storesOf(found)) await activitiesOf('bulk', `publish ${store}`).promoteStore({ run, store });
}
