import type { Entry, RefusedEntry, RelationshipEntry } from '../../core/feeds/entry';
import type { RelationshipFeed } from '../../core/feeds/feed';
import { keyId } from '../../core/feeds/graph';
import { runFiles } from '../../stores/artifacts/run-files';
import { EntryFile } from '../../stores/feeds/entry-file';
import type { ActivityDeps } from '../context';
import { feedsOf } from './resolve';

/** Which nodes a relationship feed's ends may be: those that the run's node feeds have entries of. The caller closes it. */
export async function nodesOfEnds(deps: ActivityDeps, run: string, { planned }: RelationshipFeed) {
  const { feeds } = await feedsOf(deps, run);
  const nodes = (label: string) => {
    const { feed } = feeds.find(({ kind, name }) => kind === 'node' && name === label)!;
    return new EntryFile<Entry>(deps.artifacts.path(runFiles.entries(run, feed)));
  };
  const from = nodes(planned.from.node);
  const to = nodes(planned.to.node);
  return {
    refused(entry: Entry): RefusedEntry | undefined {
      const ends = entry as RelationshipEntry;
      if (from.has(keyId(ends.from)) && to.has(keyId(ends.to))) return undefined;
      return { reason: 'its end is no node' };
    },
    close() {
      from.close();
      to.close();
    },
  };
}
