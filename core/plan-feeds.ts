import { z } from 'zod';
import { formatSchema, targetTypeSchema, timeZoneSchema, toleranceSchema } from './plan-values';

/** The sections of a plan that fill Neo4j, Pinecone and Redis. Each entry is a feed: rows of a source that become entries of a store. */

const columnNames = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const feedColumnSchema = z.strictObject({
  type: targetTypeSchema
    .optional()
    .describe(
      'How the column is read, in the words of `tables`. Left out of a query: as each cell’s storage class says.',
    ),
  format: formatSchema.optional().describe('How to read the source values, as in `tables`.'),
  timeZone: timeZoneSchema.optional().describe('For timestamptz: the time zone of texts that name none.'),
});

const rowsShape = {
  source: z.string().min(1).optional().describe('Name of the source. May be left out when the plan has only one.'),
  table: z
    .string()
    .min(1)
    .optional()
    .describe('Table of the plan: its rows, filtered as there, its columns typed as there and by their source names.'),
  query: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Instead of `table`: a SELECT over the snapshot, in SQLite’s SQL. Of documents in files it sees those that could be read; the quarantine of their table names the others.',
    ),
  columns: z
    .record(z.string().min(1), feedColumnSchema)
    .optional()
    .describe('With `query`: types of its columns, by their names in the result.'),
  quarantine: toleranceSchema.optional().describe('Tolerance of this feed; the plan’s when left out.'),
};

interface Rows {
  table?: string | undefined;
  query?: string | undefined;
  columns?: unknown;
}

const oneKindOfRows = ({ table, query }: Rows): boolean => (table === undefined) !== (query === undefined);
const columnsGoWithQuery = ({ query, columns }: Rows): boolean => query !== undefined || columns === undefined;
const ROWS_MESSAGE = 'expected either table or query';
const COLUMNS_MESSAGE = 'columns goes with query: those of a table are typed in `tables`';

/** A name in the store for a column of the rows. */
const fieldSchema = z.union([
  z.string().min(1),
  z.strictObject({
    column: z.string().min(1).describe('Column that the value comes from.'),
    list: z.boolean().optional().describe('The column holds a JSON array, which becomes a list. Default: false.'),
  }),
]);

const fieldsSchema = z.record(z.string().min(1), fieldSchema);

const templateText =
  'a text with columns in braces, such as `user:{id}`; `{{` and `}}` are braces themselves. A row in which one of them is NULL goes to the quarantine.';

export const nodeSchema = z
  .strictObject({
    ...rowsShape,
    key: columnNames.describe(
      'Column, or columns, that tell a node from others of its label; unique in the graph, and among its properties.',
    ),
    labels: z.array(z.string().min(1)).optional().describe('Further labels of every node.'),
    labelColumn: z.string().min(1).optional().describe('Column whose text is one more label, where it is not NULL.'),
    properties: fieldsSchema
      .optional()
      .describe('By property: its column. Default: every column, by its name in the target.'),
  })
  .refine(oneKindOfRows, ROWS_MESSAGE)
  .refine(columnsGoWithQuery, COLUMNS_MESSAGE);

const endSchema = z.strictObject({
  node: z.string().min(1).describe('Label in `nodes`.'),
  columns: columnNames.describe(
    'Columns of these rows that hold the node’s key. A row in which one is NULL becomes no relationship; one whose node is not there goes to the quarantine.',
  ),
});

export const relationshipSchema = z
  .strictObject({
    ...rowsShape,
    type: z.string().min(1).optional().describe('Type of the relationships. Default: the name of this entry.'),
    typeColumn: z.string().min(1).optional().describe('Column whose text is the type instead, where it is not NULL.'),
    from: endSchema.describe('Where they begin.'),
    to: endSchema.describe('Where they end.'),
    key: columnNames
      .optional()
      .describe(
        'Columns that tell one from others between the same two nodes. Default: there is one of a type at most.',
      ),
    properties: fieldsSchema
      .optional()
      .describe(
        'By property: its column. Default: every column but those of `from` and `to`, by its name in the target.',
      ),
  })
  .refine(oneKindOfRows, ROWS_MESSAGE)
  .refine(columnsGoWithQuery, COLUMNS_MESSAGE);

export const algorithmSchema = z.strictObject({
  algorithm: z
    .enum(['pageRank', 'louvain', 'leiden', 'weaklyConnectedComponents', 'betweenness', 'degree', 'nodeSimilarity'])
    .describe(
      'nodeSimilarity writes relationships of the type of this entry’s name, with `score`; the others a property.',
    ),
  nodes: z.array(z.string().min(1)).min(1).describe('Labels in `nodes` that take part.'),
  relationships: z.array(z.string().min(1)).min(1).describe('Entries of `relationships` that take part.'),
  undirected: z.boolean().optional().describe('Whether the direction of relationships does not count. Default: false.'),
  weight: z
    .string()
    .min(1)
    .optional()
    .describe('Property of the relationships that is their weight. Default: all alike.'),
  options: z
    .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
    .optional()
    .describe('Further settings of the algorithm, in the words of Neo4j’s Graph Data Science.'),
});

export const graphSchema = z.strictObject({
  nodes: z.record(z.string().min(1), nodeSchema).describe('By label: nodes that rows become.'),
  relationships: z
    .record(z.string().min(1), relationshipSchema)
    .optional()
    .describe('By a name: relationships that rows become.'),
  algorithms: z
    .record(z.string().min(1), algorithmSchema)
    .optional()
    .describe('By the property that the result is written to: what is computed over the graph when it is built.'),
});

export const embedderSchema = z.strictObject({
  provider: z
    .enum(['hashing', 'openai', 'ollama', 'transformers'])
    .describe(
      'hashing: numbers from the words themselves, without a model: alike texts are near each other, synonyms are not. openai: any service that speaks its API. transformers: a local folder with a model.',
    ),
  model: z.string().min(1).optional().describe('Name of the model; of transformers, the folder, relative to the plan.'),
  url: z.url().optional().describe('Where the service is. Default: the provider’s own, or its environment variable.'),
});

export const vectorSchema = z
  .strictObject({
    ...rowsShape,
    chroma: z
      .strictObject({
        folder: z
          .string()
          .min(1)
          .describe('A Chroma folder (chroma.sqlite3 and its index folders), relative to the plan.'),
        collection: z.string().min(1).describe('Name of the collection.'),
      })
      .optional()
      .describe('Instead of `table` and `query`: a collection with its ids, documents, metadata and vectors.'),
    index: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,43}[a-z0-9])?$/, 'expected 1 to 45 of a–z, 0–9 and -, not at the ends')
      .describe('Pinecone index; made by the run when it is missing.'),
    dimension: z
      .number()
      .int()
      .min(1)
      .max(20_000)
      .optional()
      .describe('Default: what the embedder or the vectors have.'),
    metric: z.enum(['cosine', 'dotproduct', 'euclidean']).optional().describe('Default: cosine.'),
    cloud: z.string().min(1).optional().describe('Where a missing index is made. Default: aws.'),
    region: z.string().min(1).optional().describe('Where a missing index is made. Default: us-east-1.'),
    namespace: z.string().optional().describe(`Default: the index’s default namespace. Otherwise ${templateText}`),
    id: z
      .string()
      .min(1)
      .optional()
      .describe(`Id of the vector (with a Chroma collection, its own by default): ${templateText}`),
    text: z.string().min(1).optional().describe(`What is embedded: ${templateText}`),
    chunk: z
      .strictObject({
        characters: z.number().int().min(50).describe('Longest piece of text.'),
        overlap: z
          .number()
          .int()
          .min(0)
          .optional()
          .describe('Characters that a piece repeats of the one before. Default: 0.'),
      })
      .optional()
      .describe('Cuts long texts, at ends of sentences or words, into pieces with ids `ID#0`, `ID#1` …'),
    textField: z
      .string()
      .min(1)
      .optional()
      .describe('Metadata field that keeps the text, or its piece, beside the vector. Default: none.'),
    embedder: embedderSchema.optional().describe('Default: hashing.'),
    vector: z
      .strictObject({
        column: z.string().min(1).describe('Column that holds the vector.'),
        encoding: z
          .enum(['float32', 'json', 'npy'])
          .describe(
            'float32: little-endian bytes. json: an array. npy: the bytes of a numpy array, with or without its header.',
          ),
      })
      .optional()
      .describe('Instead of `text`: vectors that the rows hold, carried as they are.'),
    metadata: fieldsSchema
      .optional()
      .describe(
        'By metadata field: its column. Texts, numbers, true and false, and lists of texts; times become ISO text. Default: none; of a Chroma collection, all of its own.',
      ),
  })
  .refine(
    ({ table, query, chroma }) => [table, query, chroma].filter((one) => one !== undefined).length === 1,
    'expected one of table, query and chroma',
  )
  .refine(columnsGoWithQuery, COLUMNS_MESSAGE)
  .refine(
    ({ text, vector, chroma }) => chroma !== undefined || (text === undefined) !== (vector === undefined),
    'expected either text or vector',
  )
  .refine(({ id, chroma }) => chroma !== undefined || id !== undefined, 'expected an id')
  .refine(
    ({ text, chunk, textField, embedder }) =>
      text !== undefined || (chunk === undefined && textField === undefined && embedder === undefined),
    'chunk, textField and embedder go with text',
  )
  .refine(
    ({ text, vector, metadata, chroma }) =>
      chroma === undefined || (text === undefined && vector === undefined && metadata === undefined),
    'a Chroma collection brings its own vectors and metadata',
  )
  .refine(
    ({ chunk }) => chunk === undefined || (chunk.overlap ?? 0) <= chunk.characters / 2,
    'overlap is half of a piece at most',
  );

export const cacheSchema = z
  .strictObject({
    ...rowsShape,
    key: z.string().min(1).describe(`The Redis key: ${templateText}`),
    as: z
      .enum(['string', 'hash', 'json', 'list', 'set', 'zset', 'stream'])
      .describe(
        'What the key holds. Of list, set, zset and stream, rows with the same key are its members, in their order.',
      ),
    fields: fieldsSchema
      .optional()
      .describe('Of hash, json and stream: by field, its column. Default: every column, by its name in the target.'),
    value: z.string().min(1).optional().describe(`Of string, and the member of list, set and zset: ${templateText}`),
    score: z.string().min(1).optional().describe('Of zset: column with the number that members are sorted by.'),
    id: z
      .string()
      .min(1)
      .optional()
      .describe('Of stream: column with the milliseconds, or the time, of the entry. Default: 1, 2, 3 …'),
    expires: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Column with the time at which the key is to be gone; NULL is never. Keys whose time has passed are counted, not written.',
      ),
  })
  .refine(oneKindOfRows, ROWS_MESSAGE)
  .refine(columnsGoWithQuery, COLUMNS_MESSAGE)
  .refine(
    ({ as, value }) => ['hash', 'json', 'stream'].includes(as) === (value === undefined),
    'value goes with string, list, set and zset',
  )
  .refine(({ as, score }) => (as === 'zset') === (score !== undefined), 'score goes with zset')
  .refine(({ as, id }) => as === 'stream' || id === undefined, 'id goes with stream');

export type PlanNode = z.infer<typeof nodeSchema>;
export type PlanRelationship = z.infer<typeof relationshipSchema>;
export type PlanAlgorithm = z.infer<typeof algorithmSchema>;
export type PlanGraph = z.infer<typeof graphSchema>;
export type PlanVectors = z.infer<typeof vectorSchema>;
export type PlanEmbedder = z.infer<typeof embedderSchema>;
export type PlanCache = z.infer<typeof cacheSchema>;
export type PlanField = z.infer<typeof fieldSchema>;
