import { SqliftError } from '../core/errors';
import type { FeedStoreName } from '../core/feeds/feed';
import type { Conflict, DiscardWork, FeedStore } from './feed-store';

const NAMES: Record<FeedStoreName, string> = { neo4j: 'Neo4j', pinecone: 'Pinecone', redis: 'Redis' };

/** How many conflicts are kept by name. */
const NAMED = 20;

/** What a rollback would destroy in one store, counted; the first of it by name. */
export class Conflicts {
  /** Names are data: for the ledger only. */
  readonly named: { what: string; entry: string }[] = [];
  readonly #counts = new Map<Conflict['what'], number>();

  constructor(private readonly store: FeedStoreName) {}

  add({ what, entry }: Conflict): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    if (this.named.length < NAMED) this.named.push({ what: what[0], entry });
  }

  /** Says how many of what, and no names. @throws SqliftError RollbackConflict */
  refuse(): void {
    if (this.#counts.size === 0) return;
    const said = [...this.#counts].map(([[one, many], count]) => `${count} ${count === 1 ? one : many}`);
    throw new SqliftError('RollbackConflict', `in ${NAMES[this.store]} ${said.join(' and ')} since the run`);
  }
}

/** The look that every `discard` begins with unless it is forced. @throws SqliftError RollbackConflict */
export async function refuseConflicts(
  store: Pick<FeedStore, 'name' | 'findConflicts'>,
  work: DiscardWork,
): Promise<void> {
  const conflicts = new Conflicts(store.name);
  await store.findConflicts(work, (conflict) => conflicts.add(conflict));
  conflicts.refuse();
}
