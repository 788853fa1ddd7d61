import { createHash } from 'node:crypto';

/** Keys of everything that a run keeps in the artifact store. */
export const runFiles = {
  all: (run: string) => `runs/${run}`,
  plan: (run: string) => `runs/${run}/plan.yaml`,
  /** The same as JSON with the SHA-256 of its text, where the CLI has read it already. */
  parsedPlan: (run: string) => `runs/${run}/plan.json`,
  /** Schemas of the sources as they were when the run was started, by source name. */
  catalogs: (run: string) => `runs/${run}/catalogs.json`,
  /** The plan with a name and type for every table and column, as the census has them. */
  exactPlan: (run: string) => `runs/${run}/exact.plan.yaml`,
  /** Addresses with passwords, by store name; never in a payload. Written by the CLI, read by the worker. */
  connections: (run: string) => `runs/${run}/connections.json`,
  snapshot: (run: string, source: string) => `runs/${run}/${source}.snapshot.sqlite`,
  /** Digest and integrity of a snapshot, beside it. */
  snapshotRecord: (run: string, source: string) => `runs/${run}/${source}.snapshot.json`,
  /** Copies of Chroma folders, and the one of this folder. */
  chroma: (run: string, folder?: string) =>
    folder === undefined ? `runs/${run}/chroma` : `runs/${run}/chroma/${digestOf(folder)}`,
  census: (run: string, source: string) => `runs/${run}/${source}.census.json`,
  mapping: (run: string, source: string) => `runs/${run}/${source}.mapping.json`,
  /** The plan's feeds, made concrete. */
  feeds: (run: string) => `runs/${run}/feeds.json`,
  /** What a feed's rows become. */
  entries: (run: string, feed: string) => `${runFiles.allEntries(run)}/${digestOf(feed)}.sqlite`,
  allEntries: (run: string) => `runs/${run}/entries`,
  report: (run: string) => `runs/${run}/report.json`,
};

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
