/**
 * Pinecone's limits, from its "Database limits" pages (operation and identifier limits) and its public OpenAPI description,
 * version 2026-04. Rate limits and quotas of an account are not kept: this is one person's development server.
 */
export const LIMITS = {
  /** Of every request's body, in bytes. */
  requestBytes: 2 * 1024 * 1024,
  /** Of a query's or fetch's answer, in bytes. */
  responseBytes: 4 * 1024 * 1024,
  upsertRecords: 1000,
  fetchIds: 1000,
  deleteIds: 1000,
  topK: 10_000,
  /** Ids and namespaces of one page, also the default. */
  listPage: 100,
  /** Records of one page of fetch_by_metadata; the default is 100. */
  fetchByMetadataPage: 10_000,
  dimension: 20_000,
  indexName: 45,
  namespaceName: 512,
  recordId: 512,
  /** Of one record's metadata as JSON, in bytes. */
  metadataBytes: 40 * 1024,
  /** Values of one `$in` or `$nin`. */
  filterValues: 10_000,
  /** Of `$and` and `$or` within each other; Pinecone publishes none, this one keeps the stack whole. */
  filterDepth: 32,
  tags: 20,
  tagKey: 80,
  tagValue: 120,
} as const;
