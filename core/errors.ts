/**
 * Every way in which sqlift can fail, in one table: what retries do, which exit code the CLI gives, what to do next.
 *
 * Broken machinery is a SqliftError; bad data never is (it goes to the quarantine, see `core/codecs`). `activities/failure.ts`
 * alone turns these into Temporal failures, `client/errors.ts` alone into terminal output.
 */

/** `auto`: try again by itself. `never`: repeating cannot help. */
export type Retry = 'auto' | 'never';

interface ErrorKind {
  retry: Retry;
  /** Exit code of the CLI: see `docs/exit-codes.md`. */
  exit: number;
  /** What the person who reads it does next. */
  hint: string;
}

export const ERRORS = {
  UsageInvalid: { retry: 'never', exit: 2, hint: 'Run `sqlift --help` for the commands and their options.' },
  PlanInvalid: {
    retry: 'never',
    exit: 2,
    hint: 'Correct the plan at the place shown; `sqlift plan check PLAN` tells whether it is right.',
  },
  PlanStale: {
    retry: 'never',
    exit: 2,
    hint: 'The source has changed since the plan was drafted. Draft it again with `sqlift plan SOURCE`, or edit the places shown.',
  },
  SettingMissing: {
    retry: 'never',
    exit: 2,
    hint: 'Set the variable in the environment or in `.env`, or give the address in the plan.',
  },

  SourceMissing: { retry: 'never', exit: 1, hint: 'Check the path; paths in a plan are relative to the plan file.' },
  SourceNotAFile: {
    retry: 'never',
    exit: 1,
    hint: 'Give a SQLite file, a folder, or a .json, .jsonl, .ndjson, .yaml, .yml, .md or .markdown file.',
  },
  SourceNotSqlite: {
    retry: 'never',
    exit: 1,
    hint: 'The file does not begin with SQLite’s header: it is another kind of file, or an encrypted database. Decrypt it first (for SQLCipher: `sqlcipher_export`).',
  },
  SourceCorrupt: {
    retry: 'never',
    exit: 1,
    hint: 'Restore a good copy, or try `sqlite3 FILE .recover | sqlite3 NEW`, then migrate the new file.',
  },
  SourceUnreadable: {
    retry: 'never',
    exit: 1,
    hint: 'Give the user that runs sqlift the right to read the file and its folder.',
  },
  SourceLocked: {
    retry: 'auto',
    exit: 1,
    hint: 'Another program holds an exclusive lock on the file. Waiting for it to finish; stop that program if it does not.',
  },
  SourceChanging: {
    retry: 'auto',
    exit: 1,
    hint: 'A program rewrites the file so often that it could never be read as it is at one moment. Stop that program for the time of the snapshot.',
  },
  SourceNotComputable: {
    retry: 'never',
    exit: 1,
    hint: 'What computes the value is part of the application (a function, a module), or fails. Leave the column or table out of the plan.',
  },
  SnapshotDamaged: {
    retry: 'never',
    exit: 1,
    hint: 'The snapshot no longer has the digest it was taken with: the disk or another program changed it. Start the run again.',
  },
  DiskFull: {
    retry: 'never',
    exit: 1,
    hint: 'Free space in the place shown, or move it with SQLIFT_HOME, and start the run again.',
  },
  FolderUnwritable: {
    retry: 'never',
    exit: 1,
    hint: 'Give the user that runs sqlift the right to write there, or choose another place with SQLIFT_HOME.',
  },
  ArtifactMissing: {
    retry: 'never',
    exit: 1,
    hint: 'A file of the run is gone from the state folder. Start the run again; `sqlift rollback RUN` still works.',
  },

  TargetUnreachable: {
    retry: 'auto',
    exit: 4,
    hint: 'Check that the server runs and that host, port and network are right. A run that is under way goes on by itself when it answers.',
  },
  TargetAccessDenied: {
    retry: 'never',
    exit: 4,
    hint: 'Check user, password and database, and that the user may connect to it.',
  },
  TargetReadOnly: {
    retry: 'never',
    exit: 1,
    hint: 'The server is a standby or set read-only: give the address of the primary.',
  },
  TargetRightsMissing: {
    retry: 'never',
    exit: 1,
    hint: 'Grant the rights named in the message to the user that sqlift connects as.',
  },
  TargetTooOld: {
    retry: 'never',
    exit: 1,
    hint: 'sqlift supports PostgreSQL 14 to 18, Neo4j 5 and Redis from 6.2 on.',
  },
  TargetExists: {
    retry: 'never',
    exit: 1,
    hint: 'Choose another schema with `--schema`, or say `ifExists: replace` or `ifExists: append` for the table in the plan.',
  },
  TargetDependents: {
    retry: 'never',
    exit: 1,
    hint: 'Drop or move the objects named in the message first, or use `ifExists: append`.',
  },
  TargetMismatch: {
    retry: 'never',
    exit: 1,
    hint: 'Make what the message names and the plan agree: columns of an existing table, or settings of a server.',
  },
  TargetDiskFull: {
    retry: 'never',
    exit: 1,
    hint: 'Free space on the server (for Redis, memory) and start the run again; nothing of this run is left there.',
  },
  RateLimited: {
    retry: 'auto',
    exit: 4,
    hint: 'The service asks for patience; a run that is under way waits as long as it asks, and goes on by itself.',
  },
  EmbedderUnreachable: {
    retry: 'auto',
    exit: 4,
    hint: 'Check that the embedding service runs at the address shown. A run that is under way goes on by itself when it answers.',
  },
  EmbedderRefused: {
    retry: 'never',
    exit: 4,
    hint: 'Check the provider, model, key and dimension that the plan and the environment give.',
  },
  TargetRefused: {
    retry: 'never',
    exit: 1,
    hint: 'The server refused a statement or command; its code is in the message. Please report this with the plan.',
  },

  TargetChanging: {
    retry: 'auto',
    exit: 1,
    hint: 'Another program changes keys so often that what stands in them cannot be kept. Stop that program until the run is published.',
  },
  TargetLost: {
    retry: 'never',
    exit: 1,
    hint: 'The store was restarted without its data, emptied, or has evicted keys. Let it keep its data (for Redis `appendonly yes`), and start the run again.',
  },

  QuarantineExceeded: {
    retry: 'never',
    exit: 6,
    hint: 'Look at `sqlift quarantine list RUN`, then widen the columns in the plan, or accept with `--accept-quarantine`.',
  },
  VerificationFailed: {
    retry: 'never',
    exit: 3,
    hint: 'See the differences in `sqlift report RUN`. Nothing has been published.',
  },
  ReadingsDisagree: {
    retry: 'never',
    exit: 1,
    hint: 'Two ways of reading the same rows disagree, so one of them is wrong: this is a defect in sqlift. Please report it with the table’s DDL. Nothing has been published.',
  },
  Differences: {
    retry: 'never',
    exit: 3,
    hint: 'The target no longer holds what was migrated; the differences are listed above.',
  },
  RunDiscarded: {
    retry: 'never',
    exit: 1,
    hint: 'The run was rolled back or has ended; late writes of it are refused.',
  },
  AttemptFenced: { retry: 'auto', exit: 1, hint: 'A newer attempt has taken over this chunk; nothing was written.' },
  RunActive: {
    retry: 'never',
    exit: 2,
    hint: 'A run of this plan is already going: `sqlift watch RUN` follows it, `sqlift cancel RUN` stops it.',
  },
  RunUnknown: { retry: 'never', exit: 2, hint: 'Run `sqlift list` for the runs there are.' },
  RunNotReversible: {
    retry: 'never',
    exit: 1,
    hint: 'The run is in a state that has nothing to roll back; `sqlift status RUN` shows it.',
  },
  RollbackConflict: {
    retry: 'never',
    exit: 1,
    hint: 'Something in the target was changed after the run in a way that a rollback would destroy. Undo the change named in the message, or give `--force`.',
  },
  RollbackIncomplete: {
    retry: 'never',
    exit: 1,
    hint: 'Some undo steps failed and are named in the message. Repair the cause and run `sqlift rollback RUN` again.',
  },

  TemporalUnreachable: {
    retry: 'auto',
    exit: 4,
    hint: 'Start the embedded one with `sqlift stack up`, or correct TEMPORAL_ADDRESS.',
  },
  ServerMissing: {
    retry: 'never',
    exit: 4,
    hint: 'Install the program named in the message, or give the address of a running server.',
  },
  StackFailed: {
    retry: 'never',
    exit: 4,
    hint: 'See the server’s log at the place shown; `sqlift stack down`, then `sqlift stack up` starts it again.',
  },
  WorkerFailed: { retry: 'never', exit: 4, hint: 'See the worker’s log at the place shown.' },
  Internal: {
    retry: 'auto',
    exit: 1,
    hint: 'This is a defect in sqlift. Run again with `--debug` and report the output.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** Where it happened; only what is known. Row keys and cell values never go in here: it reaches Temporal's history. */
export interface ErrorPlace {
  file?: string;
  line?: number;
  column?: number;
  source?: string;
  table?: string;
  field?: string;
  server?: string;
  /** SQLSTATE of a PostgreSQL error. */
  sqlstate?: string;
}

/** Broken machinery, with its row of the table. `message` says what happened, in one sentence without the hint. */
export class SqliftError extends Error {
  /** Milliseconds that a service asks to be left alone for before it is tried again. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly place: ErrorPlace = {},
    options?: { cause?: unknown; retryAfter?: number | undefined },
  ) {
    super(message, options);
    this.name = 'SqliftError';
    this.retryAfter = options?.retryAfter;
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }
}
