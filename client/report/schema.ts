import { z } from 'zod';
import { PHASES } from '../../core/run';
import type { RunReport } from '../../core/run';

/** The published form of `--json`: `schemas/run.v1.json` is made from this, and a test holds it to `RunReport`. Fields are only ever added. */

const errorSchema = z.strictObject({
  code: z.string().describe('A code of docs/errors.md.'),
  message: z.string(),
  place: z.record(z.string(), z.union([z.string(), z.number()])),
  hint: z.string().describe('What to do next.'),
  left: z.array(z.string()).optional().describe('Undo steps that failed: what they were to remove is still there.'),
});

const differenceSchema = z.strictObject({
  source: z.string(),
  table: z.string().describe('The table, or the path of a feed.'),
  kind: z.enum([
    'missing row',
    'extra row',
    'cell',
    'count',
    'orphan',
    'sequence',
    'constraint',
    'view',
    'missing entry',
    'extra entry',
    'property',
  ]),
  key: z.string().optional(),
  column: z.string().optional(),
  expected: z.string().optional(),
  found: z.string().optional(),
});

const feedSchema = z.strictObject({
  feed: z.string().describe('Path in the plan, such as graph.nodes.Person.'),
  store: z.enum(['neo4j', 'pinecone', 'redis']),
  source: z.string().describe('Name of the source in the plan.'),
  state: z.enum(['prepared', 'filling', 'filled', 'verified', 'differs']),
  chunks: z.number(),
  sourceRows: z.number(),
  entries: z.number().describe('Nodes, relationships, vectors or parts of keys that the rows become.'),
  written: z.number().describe('How many of them are in the store.'),
  quarantined: z.number().describe('Rows that become none, and why is in the quarantine.'),
  leftOut: z.number().describe('Rows that are left out on purpose: keys whose time has passed.'),
  digest: z.string().optional().describe('Order-independent digest of what was read back, in hex.'),
});

const storeSchema = z.strictObject({
  version: z.string(),
  feeds: z.array(feedSchema),
  notes: z.array(z.string()).describe('What others could see before the cut-over; what computed the algorithms.'),
});

export const reportSchema = z.strictObject({
  run: z.string().describe('Id of the run: the key of everything it wrote.'),
  plan: z.string().describe('Name of the plan.'),
  state: z.enum([
    'running',
    'waiting',
    'verified',
    'published',
    'failed',
    'rolled_back',
    'rollback_incomplete',
    'cancelled',
  ]),
  webUrl: z.string().optional().describe('The run in Temporal’s Web UI.'),
  seconds: z.number().describe('From start to end, or to now.'),
  phases: z.array(
    z.strictObject({
      name: z.enum(PHASES),
      state: z.enum(['pending', 'running', 'done', 'failed', 'skipped']),
      seconds: z.number(),
    }),
  ),
  tables: z.array(
    z.strictObject({
      source: z.string().describe('Name of the source in the plan.'),
      table: z.string().describe('Table in the source.'),
      target: z.string().describe('schema.table in PostgreSQL, unquoted.'),
      columns: z.array(
        z.strictObject({ source: z.string(), target: z.string(), type: z.string(), conversion: z.string() }),
      ),
      sourceRows: z.number().describe('Equals loaded + quarantined in a finished run.'),
      loaded: z.number(),
      quarantined: z.number(),
      filtered: z
        .number()
        .optional()
        .describe(
          'Rows that the plan’s `where` leaves out, where it has one: sourceRows = loaded + quarantined + filtered.',
        ),
      bytes: z.number().describe('Of the source.'),
      digest: z
        .string()
        .nullable()
        .describe('Order-independent digest of the target’s rows, in hex; null until verified.'),
    }),
  ),
  sources: z.array(
    z.strictObject({
      source: z.string(),
      encoding: z.string(),
      pages: z.number(),
      pageSize: z.number().describe('In bytes.'),
      applicationId: z.number().describe('PRAGMA application_id of the file.'),
      userVersion: z.number().describe('PRAGMA user_version: the application’s own number of its schema.'),
    }),
  ),
  views: z
    .array(
      z.strictObject({
        source: z.string(),
        view: z.string().describe('View in the source.'),
        target: z.string().describe('schema.view in PostgreSQL, unquoted.'),
        rows: z.number(),
        digest: z.string().describe('Order-independent digest of its rows, equal in source and target, in hex.'),
      }),
    )
    .describe('Views that were made, their rows being equal to the source’s.'),
  notCarried: z.array(
    z.strictObject({
      object: z.string(),
      kind: z.string(),
      reason: z.string(),
      sql: z.string().optional().describe('Its SQL, to carry it by hand.'),
    }),
  ),
  graph: storeSchema.nullable().describe('Neo4j, where the plan fills it.'),
  vectors: storeSchema.nullable().describe('Pinecone, where the plan fills it.'),
  cache: storeSchema.nullable().describe('Redis, where the plan fills it.'),
  verification: z.strictObject({
    state: z.enum(['verified', 'differs', 'not run']),
    differences: z.array(differenceSchema),
  }),
  readAgain: z
    .strictObject({ chunks: z.number(), of: z.number() })
    .optional()
    .describe(
      'Every row is compared by its bytes. So many chunks, of all, were compared a second time by their meanings, by code that shares nothing with import.',
    ),
  quarantine: z.array(z.strictObject({ source: z.string(), table: z.string(), reason: z.string(), rows: z.number() })),
  rollback: z.strictObject({
    until: z.string().nullable().describe('ISO 8601; null when there is nothing to go back from.'),
    command: z.string(),
  }),
  error: errorSchema.optional(),
});

/** Fails to compile when the schema and the type part ways (both directions). */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const SCHEMA_IS_TYPE: Same<Loose<z.infer<typeof reportSchema>>, Loose<RunReport>> = true;

/** zod infers optional fields as `T | undefined`. */
type Loose<T> = T extends readonly (infer Item)[]
  ? Loose<Item>[]
  : T extends object
    ? { [Key in keyof T]: Loose<Exclude<T[Key], undefined>> }
    : T;

/** The schema as JSON Schema, for programs that read `--json`. */
export function reportJsonSchema(): Record<string, unknown> {
  return { title: 'sqlift run', ...z.toJSONSchema(reportSchema, { target: 'draft-7' }) };
}
