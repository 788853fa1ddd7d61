import { z } from 'zod';
import type { FileInspection } from '../../core/inspection';

/** The published form of `inspect --json`: `schemas/inspect.v1.json` is made from this, and a test holds it to `FileInspection`. Fields are only ever added. */

const sampleSchema = z.strictObject({
  at: z.string().describe('Where: a rowid, or the values of the primary key.'),
  value: z.string().describe('The cell as SQL would write it, cut to 80 characters.'),
});

const tableSchema = z.strictObject({
  table: z.string(),
  kind: z.enum(['rowid', 'without rowid', 'virtual']),
  strict: z.boolean(),
  rows: z.number(),
  bytes: z.number().nullable().describe('All pages of the table’s b-tree; null for a virtual table.'),
  indexBytes: z.number().describe('All pages of the b-trees of its indexes.'),
  primaryKey: z.array(z.string()),
  target: z.string().nullable().describe('schema.table by the draft plan, unquoted; null when it is not moved.'),
  columns: z.array(
    z.strictObject({
      column: z.string(),
      declared: z.string().describe('Declared type; empty when there is none.'),
      nulls: z.number(),
      integers: z.number(),
      reals: z.number(),
      texts: z.number(),
      blobs: z.number(),
      holds: z.string().describe('What it holds, in one line.'),
      type: z.string().nullable().describe('PostgreSQL type by the draft plan; null when it is not moved.'),
      format: z.string().nullable().describe('How its values are read, where the plan says so.'),
      why: z.string().describe('Why it becomes that type.'),
      review: z.string().nullable().describe('What a person should look at.'),
    }),
  ),
  oddities: z.array(
    z.strictObject({
      kind: z.enum([
        'mixed storage classes',
        'NUL bytes',
        'invalid UTF-8',
        'past 2^53',
        'infinite',
        'not as declared',
        'NULL',
        'no key',
        'foreign key violated',
        'CHECK violated',
        'not computable',
      ]),
      column: z.string().optional().describe('Absent where it is of several columns, or of the table as a whole.'),
      count: z.number().describe('Cells or rows.'),
      what: z.string(),
      samples: z.array(sampleSchema).describe('At most three.'),
    }),
  ),
  quarantine: z
    .strictObject({
      rows: z.number(),
      reasons: z.array(
        z.strictObject({
          column: z.string().optional().describe('Source column; absent where the row as a whole is refused.'),
          reason: z.string().describe('A reason of docs/type-mapping.md.'),
          rows: z.number(),
          samples: z.array(sampleSchema),
        }),
      ),
    })
    .describe('What a run of the draft plan would put into quarantine.'),
});

export const inspectionSchema = z.strictObject({
  files: z.array(
    z.strictObject({
      file: z.string().describe('Absolute path.'),
      facts: z.strictObject({
        bytes: z.number().describe('Of all pages, those in the write-ahead log merged.'),
        encoding: z.string().describe('UTF-8, UTF-16le or UTF-16be.'),
        pageSize: z.number(),
        pages: z.number(),
        freePages: z.number().describe('Pages that hold nothing.'),
        userVersion: z.number(),
        applicationId: z.number(),
        journalMode: z.enum(['wal', 'rollback']),
        walBytes: z.number().describe('Of the write-ahead log beside the file; 0 without one.'),
      }),
      integrity: z
        .array(z.string())
        .describe('What SQLite’s integrity check complains of on sound pages, at most 100 lines.'),
      tables: z.array(tableSchema),
      notCarried: z.array(
        z.strictObject({ object: z.string(), kind: z.string(), reason: z.string(), sql: z.string().optional() }),
      ),
    }),
  ),
});

/** Fails to compile when what a command prints does not fit the schema, which names reasons more loosely than the program does. */
type Fits<Given, Wanted> = [Given] extends [Wanted] ? true : never;
export const INSPECTION_FITS: Fits<{ files: FileInspection[] }, z.infer<typeof inspectionSchema>> = true;

/** The schema as JSON Schema, for programs that read `--json`. */
export function inspectionJsonSchema(): Record<string, unknown> {
  return { title: 'sqlift inspect', ...z.toJSONSchema(inspectionSchema, { target: 'draft-7' }) };
}
