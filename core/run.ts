/** What a run says of itself: to queries, to the ledger, to `--json`. The same shape everywhere. */

import type { FeedStoreName } from './feeds/feed';
import type { NotCarried } from './plan';

export const PHASES = [
  'preflight',
  'backup',
  'export',
  'transform',
  'import',
  'graph build',
  'embed',
  'cache',
  'verify',
  'cut-over',
] as const;
export type Phase = (typeof PHASES)[number];

export type RunState =
  'running' | 'waiting' | 'verified' | 'published' | 'failed' | 'rolled_back' | 'rollback_incomplete' | 'cancelled';

export interface PhaseProgress {
  name: Phase;
  state: 'pending' | 'running' | 'done' | 'failed' | 'skipped';
  /** Seconds between begin and end (or now). */
  seconds: number;
}

export interface TableProgress {
  source: string;
  table: string;
  /** `schema.table`, unquoted. */
  target: string;
  state: 'pending' | 'importing' | 'imported' | 'verified' | 'differs' | 'failed';
  chunks: number;
  /** Rows of the source table; undefined until the export phase has counted them. */
  sourceRows?: number;
  loaded: number;
  quarantined: number;
  /** Rows that the plan's `where` leaves out, where it has one: source rows are these, the loaded and the quarantined ones. */
  filtered?: number;
  /** Source bytes read so far, and in all. */
  bytesDone: number;
  bytesTotal: number;
  /** Order-independent digest of the target's rows, 16 hex digits, once verified. */
  digest?: string;
}

/** One feed of Neo4j, Pinecone or Redis. */
export interface FeedProgress {
  /** Path in the plan, such as `graph.nodes.Person`. */
  feed: string;
  store: FeedStoreName;
  source: string;
  state: 'prepared' | 'filling' | 'filled' | 'verified' | 'differs';
  chunks: number;
  sourceRows: number;
  /** What the rows become, and how much of it is in the store. */
  entries: number;
  written: number;
  quarantined: number;
  /** Rows that are no entries on purpose: keys whose time has passed. */
  leftOut: number;
  digest?: string;
}

/** What a run says of one store besides PostgreSQL. */
export interface StoreReport {
  version: string;
  feeds: FeedProgress[];
  /** Sentences: what others could see before the cut-over, what computed the algorithms. */
  notes: string[];
}

/** The answer of `progressQuery`. Small: at 1,000 tables about 200 KB, so the tables come in their own query. */
export interface RunProgress {
  run: string;
  plan: string;
  state: RunState;
  phase: Phase;
  phases: PhaseProgress[];
  startedAt: string;
  /** What the run waits for, when `state` is waiting: an approval, a decision on quarantined rows, a resume. */
  waitingFor?: 'approval' | 'quarantine' | 'resume';
  paused: boolean;
  tables: { total: number; imported: number; verified: number };
  rows: { source: number; loaded: number; quarantined: number; filtered?: number };
  bytes: { done: number; total: number };
  /** Where the plan fills other stores. */
  feeds?: FeedProgress[];
  error?: RunError;
}

export interface RunError {
  code: string;
  message: string;
  place: Record<string, string | number>;
  hint: string;
  /** Compensations that failed and what each left behind. */
  left?: string[];
}

/** The whole account of a run: `sqlift migrate --json`, `sqlift report`. Stable across releases; `docs/run.schema.json` is made from it. */
export interface RunReport {
  run: string;
  plan: string;
  state: RunState;
  webUrl?: string;
  seconds: number;
  phases: { name: Phase; state: PhaseProgress['state']; seconds: number }[];
  tables: {
    source: string;
    table: string;
    target: string;
    columns: { source: string; target: string; type: string; conversion: string }[];
    sourceRows: number;
    loaded: number;
    quarantined: number;
    filtered?: number;
    bytes: number;
    digest: string | null;
  }[];
  /** What each file says of itself; empty until it has been read. */
  sources: SourceFacts[];
  /** Views that were made, with rows equal to the source's. */
  views: CarriedView[];
  notCarried: NotCarried[];
  /** Neo4j, Pinecone and Redis, where the plan fills them. */
  graph: StoreReport | null;
  vectors: StoreReport | null;
  cache: StoreReport | null;
  verification: { state: 'verified' | 'differs' | 'not run'; differences: Difference[] };
  /** Chunks that were compared a second time, by code that shares nothing with import, of how many. Absent until something was compared. */
  readAgain?: { chunks: number; of: number };
  quarantine: { source: string; table: string; reason: string; rows: number }[];
  rollback: { until: string | null; command: string };
  error?: RunError;
}

/** The account of a run that nothing but its progress is known of. `command`: how the CLI is called. */
export function reportWithoutLedger(progress: RunProgress, command: string): RunReport {
  return {
    run: progress.run,
    plan: progress.plan,
    state: progress.state,
    seconds: 0,
    phases: progress.phases,
    tables: [],
    sources: [],
    views: [],
    notCarried: [],
    graph: null,
    vectors: null,
    cache: null,
    verification: { state: 'not run', differences: [] },
    quarantine: [],
    rollback: { until: null, command: `${command} rollback ${progress.run}` },
  };
}

/** What a SQLite file says of itself. */
export interface SourceFacts {
  source: string;
  encoding: string;
  pages: number;
  /** In bytes. */
  pageSize: number;
  /** `PRAGMA application_id`: which program's file it is. */
  applicationId: number;
  /** `PRAGMA user_version`: the program's own number of its schema. */
  userVersion: number;
}

/** A view that the run made. */
export interface CarriedView {
  source: string;
  view: string;
  /** `schema.view`, unquoted. */
  target: string;
  rows: number;
  /** Order-independent digest of its rows, 16 hex digits: the source's and the target's, which were equal. */
  digest: string;
}

/** One thing that verification found, down to the cell. */
export interface Difference {
  source: string;
  /** The table, or the path of a feed. */
  table: string;
  kind:
    | 'missing row'
    | 'extra row'
    | 'cell'
    | 'count'
    | 'orphan'
    | 'sequence'
    | 'constraint'
    | 'view'
    | 'missing entry'
    | 'extra entry'
    | 'property';
  /** Source key of the row as text, where there is one. */
  key?: string;
  column?: string;
  /** What the source means, and what the target holds; shortened to 200 characters. */
  expected?: string;
  found?: string;
}
