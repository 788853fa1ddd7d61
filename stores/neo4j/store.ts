import type { Entry, NodeEntry, RelationshipEntry } from '../../core/feeds/entry';
import type { Algorithm, Feed, RelationshipFeed } from '../../core/feeds/feed';
import type { SourceValue } from '../../core/meaning/meaning';
import type { Connections } from '../connections';
import { refuseConflicts } from '../conflicts';
import type {
  Conflict,
  DiscardWork,
  FeedDifference,
  FeedStore,
  FeedWork,
  RunWork,
  StoreFacts,
  Verified,
} from '../feed-store';
import { checkAlgorithms, runAlgorithms } from './algorithms';
import { gdsVersion } from './algorithms/gds';
import { checkNeo4j } from './check';
import { Neo4jClient } from './connection';
import { discardGraph, findGraphConflicts } from './discard';
import { closeGates } from './gate';
import { modelKept, modelOf } from './model';
import { marksOf } from './names';
import { prepareGraph } from './prepare';
import { promoteGraph } from './promote';
import { verifyNodes, verifyRelationships } from './verify';
import { verifyWhole } from './verify-whole';
import { writeNodes, writeRelationships } from './write';

/** Neo4j 5 and later, through its own driver. */
export class Neo4jStore implements FeedStore {
  readonly name = 'neo4j';
  readonly #client: Neo4jClient;

  /** `useGds`: false computes algorithms as for a server without Graph Data Science. */
  constructor(
    connection: NonNullable<Connections['neo4j']>,
    private readonly options: { useGds: boolean } = { useGds: true },
  ) {
    this.#client = new Neo4jClient(connection);
  }

  check(feeds: readonly Feed[]): Promise<StoreFacts> {
    return checkNeo4j(this.#client, feeds);
  }

  async prepare(work: RunWork): Promise<void> {
    checkAlgorithms(work.algorithms, await this.#gds(work.algorithms));
    await prepareGraph(this.#client, work);
  }

  async write(work: FeedWork, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const model = await modelKept(work.images);
    if (work.feed.kind === 'node') await writeNodes(this.#client, work, model, entries as NodeEntry[]);
    else await writeRelationships(this.#client, work, model, entries as RelationshipEntry[]);
  }

  async finish(work: RunWork): Promise<string[]> {
    return runAlgorithms(this.#client, work, await modelKept(work.images), await this.#gds(work.algorithms));
  }

  async verify(
    work: FeedWork,
    rows: AsyncIterable<readonly SourceValue[]>,
    differs: (difference: FeedDifference) => void,
  ): Promise<Verified> {
    const { feed } = work;
    // Not as the ledger keeps it: after the rollback window it does so no longer.
    const model = modelOf(work.feeds, work.algorithms);
    if (feed.kind === 'node') return verifyNodes(this.#client, work, feed, model, rows, differs);
    return verifyRelationships(this.#client, work, feed as RelationshipFeed, model, rows, differs);
  }

  verifyWhole(work: RunWork, differs: (difference: FeedDifference) => void): Promise<void> {
    return verifyWhole(this.#client, work, differs);
  }

  /** The version of Graph Data Science, where there is something to compute and the server has it. */
  async #gds(algorithms: readonly Algorithm[]): Promise<string | undefined> {
    return this.options.useGds && algorithms.length > 0 ? gdsVersion(this.#client) : undefined;
  }

  promote(work: RunWork): Promise<void> {
    return promoteGraph(this.#client, work);
  }

  findConflicts(work: DiscardWork, found: (conflict: Conflict) => void): Promise<void> {
    return findGraphConflicts(this.#client, work, found);
  }

  async discard(work: DiscardWork): Promise<void> {
    await closeGates(this.#client, marksOf(work.run));
    if (!work.force) await refuseConflicts(this, work);
    await discardGraph(this.#client, work);
  }

  /** Publishing has removed every mark already. */
  async finalize(_work: DiscardWork): Promise<void> {}

  close(): Promise<void> {
    return this.#client.close();
  }
}
