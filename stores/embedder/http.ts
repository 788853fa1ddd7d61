import { SqliftError } from '../../core/errors';

/** How long a service may take for one batch, in milliseconds. */
const PATIENCE = 120_000;

/**
 * Posts JSON to an embedding service and gives its JSON. What the service says in words stays here: it may quote the texts.
 * @throws SqliftError EmbedderUnreachable, EmbedderRefused, RateLimited
 */
export async function postJson(
  url: string,
  body: unknown,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<unknown> {
  const server = new URL(url).host;
  let response: Response;
  let text: string;
  try {
    const patience = AbortSignal.timeout(PATIENCE);
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: signal === undefined ? patience : AbortSignal.any([patience, signal]),
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new SqliftError(
      'EmbedderUnreachable',
      `no answer from the embedding service ${server}`,
      { server },
      { cause: error },
    );
  }
  const { status } = response;
  const retryAfter = retryAfterOf(response.headers.get('retry-after'));
  if (status === 429)
    throw new SqliftError(
      'RateLimited',
      `the embedding service ${server} asks for patience (429)`,
      { server },
      { retryAfter },
    );
  if (status >= 500 || status === 408)
    throw new SqliftError(
      'EmbedderUnreachable',
      `the embedding service ${server} fails (${status})`,
      { server },
      { retryAfter },
    );
  if (status !== 200)
    throw new SqliftError('EmbedderRefused', `the embedding service ${server} refuses (${status})`, { server });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(server, error);
  }
}

/** An answer that is cut or not of the API: asked for again, since a proxy may have spoken. */
export function malformed(server: string, cause?: unknown): SqliftError {
  const message = `the embedding service ${server} answers in a form that is not its API’s`;
  return new SqliftError('EmbedderUnreachable', message, { server }, { cause });
}

/** Checks that the answer has a vector of finite numbers for each text, all of one dimension. */
export function vectorsOf(answer: readonly unknown[], count: number, server: string): Float32Array[] {
  if (answer.length !== count) throw malformed(server);
  const vectors = answer.map((one) => {
    if (!Array.isArray(one) || one.length === 0 || !one.every((value) => typeof value === 'number'))
      throw malformed(server);
    return Float32Array.from(one as number[]);
  });
  if (vectors.some((vector) => vector.length !== vectors[0]!.length || !vector.every(Number.isFinite)))
    throw malformed(server);
  return vectors;
}

/** Milliseconds of a Retry-After header: seconds, or a date. */
export function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(Math.ceil(ms), 0), 3_600_000) : undefined;
}
