import { SqliftError } from '../../core/errors';
import type { Connections } from '../../stores/connections';
import { count } from '../format';
import type { Check } from './check';

const WAIT_MS = 10_000;

/** Lists the indexes, which needs a key that is right. Throws TargetUnreachable or TargetAccessDenied. */
export async function pineconeChecks(
  { apiKey, controllerHost }: NonNullable<Connections['pinecone']>,
  origin: string,
): Promise<Check[]> {
  const { Pinecone } = await import('@pinecone-database/pinecone');
  const where = `${controllerHost ?? 'api.pinecone.io'} (${origin})`;
  const client = new Pinecone({
    apiKey,
    ...(controllerHost !== undefined && { controllerHostUrl: controllerHost }),
    fetchApi: (input: string | URL | Request, init?: RequestInit) =>
      fetch(input, { ...init, signal: AbortSignal.timeout(WAIT_MS) }),
  });
  try {
    const { indexes = [] } = await client.listIndexes();
    return [
      {
        name: 'Pinecone',
        state: 'ok',
        text: `${count(indexes.length)} ${indexes.length === 1 ? 'index' : 'indexes'} at ${where}`,
      },
    ];
  } catch (cause) {
    const { name } = cause as Error;
    const isDenied = /Authorization|Forbidden/.test(name);
    throw new SqliftError(
      isDenied ? 'TargetAccessDenied' : 'TargetUnreachable',
      `Pinecone at ${where} ${isDenied ? 'refuses the key in PINECONE_API_KEY' : 'does not answer'}`,
      { server: 'pinecone' },
      { cause },
    );
  }
}
