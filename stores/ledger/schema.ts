import type { Pool } from 'pg';
import { inTransaction } from '../postgres/target';

/**
 * The ledger: schema `sqlift` in the target, the run's own record and the truth that retries, `status` and `rollback` rely on.
 * Row keys and cells are here and nowhere else outside the target: they are the user's data.
 *
 * Changes of this schema append a step; steps already released are never edited.
 */
const STEPS: string[] = [
  `
  CREATE TABLE sqlift.runs (
    run text PRIMARY KEY,
    plan_name text NOT NULL,
    plan_sha256 text NOT NULL,
    workflow_id text NOT NULL,
    state text NOT NULL,
    phase text NOT NULL,
    -- The RunProgress of the workflow when it last reported, so that a run can be read without a worker.
    progress jsonb,
    error jsonb,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    published_at timestamptz,
    rollback_until timestamptz,
    -- Set when the run begins to be undone: from then on its late writes are refused.
    discarded_at timestamptz,
    -- Set when the rollback window has ended and what made a rollback possible is gone.
    finalized_at timestamptz,
    -- {schemas, tables}: what the run is about to touch, with its digests before the run and after its rollback.
    touched jsonb NOT NULL,
    digest_before text,
    digest_after text
  );
  CREATE TABLE sqlift.tables (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    source text NOT NULL,
    table_name text NOT NULL,
    position int NOT NULL,
    target_schema text NOT NULL,
    target_table text NOT NULL,
    if_exists text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    columns jsonb NOT NULL,
    source_rows bigint NOT NULL,
    bytes bigint NOT NULL,
    digest text,
    PRIMARY KEY (run, source, table_name)
  );
  CREATE TABLE sqlift.chunks (
    run text NOT NULL,
    source text NOT NULL,
    table_name text NOT NULL,
    chunk int NOT NULL,
    range jsonb NOT NULL,
    bytes bigint NOT NULL,
    -- Number of the newest attempt; a commit with an older one is refused.
    fence int NOT NULL DEFAULT 0,
    loaded boolean NOT NULL DEFAULT false,
    rows bigint,
    quarantined bigint,
    loaded_at timestamptz,
    PRIMARY KEY (run, source, table_name, chunk),
    FOREIGN KEY (run, source, table_name) REFERENCES sqlift.tables ON DELETE CASCADE
  );
  CREATE TABLE sqlift.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL,
    source text NOT NULL,
    table_name text NOT NULL,
    chunk int NOT NULL,
    -- Place of the row in the snapshot: the rowid, or the ordinal number of tables without one.
    locator bigint NOT NULL,
    -- Primary key columns and values as text, for people.
    row_key jsonb NOT NULL,
    column_name text,
    storage_class text,
    reason text NOT NULL,
    -- The offending cell's bytes as SQLite holds them.
    raw bytea,
    -- The whole row: [{"column", "class", "value"}], value as text for integer, real and valid text, as hex for the rest.
    cells jsonb NOT NULL,
    -- Set when a retry has loaded the row after all.
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (run, source, table_name) REFERENCES sqlift.tables ON DELETE CASCADE
  );
  CREATE INDEX quarantine_place ON sqlift.quarantine (run, source, table_name, locator);
  CREATE TABLE sqlift.differences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    source text NOT NULL,
    table_name text NOT NULL,
    -- A Difference of core/run.ts.
    difference jsonb NOT NULL
  );
  CREATE INDEX differences_place ON sqlift.differences (run, source, table_name);
  CREATE TABLE sqlift.not_carried (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    source text NOT NULL,
    object text NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    -- SQL of the object in the source, to carry it by hand.
    sql text
  );
  -- What undoes the run, registered before each step's first write; rollback works from here alone.
  CREATE TABLE sqlift.undo (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    step int NOT NULL,
    name text NOT NULL,
    detail jsonb NOT NULL,
    done_at timestamptz,
    PRIMARY KEY (run, step)
  );
  `,
  `
  -- What a source's file says of itself, for the report.
  CREATE TABLE sqlift.sources (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    source text NOT NULL,
    encoding text NOT NULL,
    pages bigint NOT NULL,
    page_size int NOT NULL,
    application_id bigint NOT NULL,
    user_version bigint NOT NULL,
    PRIMARY KEY (run, source)
  );
  -- Views whose rows were found equal to the source's. Only these are published.
  CREATE TABLE sqlift.views (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    source text NOT NULL,
    view_name text NOT NULL,
    -- In the order in which they can be made.
    position int NOT NULL,
    target_schema text NOT NULL,
    target_view text NOT NULL,
    rows bigint NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (run, source, view_name)
  );
  `,
  `
  -- Rows that the plan's condition leaves out; NULL where it has none.
  ALTER TABLE sqlift.tables ADD COLUMN filtered bigint;
  `,
  `
  -- What rows become in Neo4j, Pinecone and Redis.
  CREATE TABLE sqlift.feeds (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    -- Path in the plan, such as graph.nodes.Person.
    feed text NOT NULL,
    position int NOT NULL,
    store text NOT NULL,
    source text NOT NULL,
    state text NOT NULL DEFAULT 'prepared',
    source_rows bigint NOT NULL,
    entries bigint NOT NULL,
    -- Rows that are no entries on purpose: keys whose time has passed.
    left_out bigint NOT NULL,
    -- Of the entries in the store, once verified.
    digest text,
    PRIMARY KEY (run, feed)
  );
  CREATE TABLE sqlift.feed_chunks (
    run text NOT NULL,
    feed text NOT NULL,
    chunk int NOT NULL,
    entries int NOT NULL,
    bytes bigint NOT NULL,
    written boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run, feed, chunk),
    FOREIGN KEY (run, feed) REFERENCES sqlift.feeds ON DELETE CASCADE
  );
  CREATE TABLE sqlift.feed_quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL,
    feed text NOT NULL,
    -- Number of the row in the order of reading, from 0.
    row_number bigint NOT NULL,
    column_name text,
    reason text NOT NULL,
    -- The whole row, as in sqlift.quarantine.
    cells jsonb NOT NULL,
    FOREIGN KEY (run, feed) REFERENCES sqlift.feeds ON DELETE CASCADE
  );
  CREATE INDEX feed_quarantine_place ON sqlift.feed_quarantine (run, feed, row_number);
  -- What stores other than this one held before the run changed it; NULL where there was nothing.
  CREATE TABLE sqlift.before_images (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    store text NOT NULL,
    scope text NOT NULL,
    id text NOT NULL,
    image bytea,
    PRIMARY KEY (run, store, scope, id)
  );
  -- What was found out about the other stores, for the report: version, who sees what early, what algorithms were used.
  CREATE TABLE sqlift.stores (
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    store text NOT NULL,
    version text NOT NULL,
    notes jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (run, store)
  );
  `,
  `
  -- How many of its chunks the last verification compared a second time, by the independent reading.
  ALTER TABLE sqlift.tables ADD COLUMN chunks_again int;
  `,
  `
  -- What the last rollback that was refused would have destroyed in the other stores: the first entries of it.
  CREATE TABLE sqlift.conflicts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL REFERENCES sqlift.runs ON DELETE CASCADE,
    store text NOT NULL,
    what text NOT NULL,
    entry text NOT NULL
  );
  `,
];

/** Makes or upgrades the ledger. Any number of runs may call it at once; the schema comment holds the number of steps applied. */
export async function installLedger(pool: Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    // Serialises concurrent installs: CREATE SCHEMA IF NOT EXISTS alone can still fail on a race.
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('sqlift.ledger'))`);
    const { rows } = await client.query<{ comment: string | null }>(
      `SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = 'sqlift'`,
    );
    if (rows.length === 0) await client.query('CREATE SCHEMA sqlift');
    const applied = Number(/version (\d+)/.exec(rows[0]?.comment ?? '')?.[1] ?? 0);
    for (const step of STEPS.slice(applied)) await client.query(step);
    if (applied < STEPS.length)
      await client.query(`COMMENT ON SCHEMA sqlift IS 'sqlift ledger, version ${STEPS.length}'`);
  });
}
