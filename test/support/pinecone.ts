import type { Pinecone } from '@pinecone-database/pinecone';

/** Everything that an endpoint holds: indexes, namespaces and vectors with their numbers and metadata. */
export async function everythingIn(client: Pinecone): Promise<unknown> {
  const indexes = [];
  for (const { name, dimension, metric, host } of (await client.listIndexes()).indexes ?? []) {
    const index = client.index({ host });
    const namespaces = [];
    for (const namespace of Object.keys((await index.describeIndexStats()).namespaces ?? {}).sort()) {
      const vectors = [];
      let paginationToken: string | undefined;
      do {
        const page = await index.listPaginated({ namespace, ...(paginationToken && { paginationToken }) });
        const ids = (page.vectors ?? []).map(({ id }) => id!);
        if (ids.length > 0) vectors.push(...Object.values((await index.fetch({ ids, namespace })).records));
        paginationToken = page.pagination?.next;
      } while (paginationToken !== undefined);
      vectors.sort((a, b) => (a.id < b.id ? -1 : 1));
      namespaces.push({
        namespace,
        vectors: vectors.map((vector) => ({ ...vector, metadata: sorted(vector.metadata) })),
      });
    }
    indexes.push({ name, dimension, metric, namespaces });
  }
  return indexes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sorted(metadata: object = {}): [string, unknown][] {
  return Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Removes every index. */
export async function emptied(client: Pinecone): Promise<void> {
  for (const { name } of (await client.listIndexes()).indexes ?? []) await client.deleteIndex(name);
}
