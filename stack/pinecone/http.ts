import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ApiError, invalid } from './errors';
import type { Index } from './catalog';
import { LIMITS } from './limits';
import type { Store } from './store';

/** One request as the operations see it, what they answer, and how a route is written down. */

export interface Call {
  store: Store;
  /** What the request names in `x-pinecone-api-version`, else the oldest. */
  version: string;
  /** Address of this server, `http://127.0.0.1:PORT`. */
  origin: string;
  /** Parts of the path that the route leaves open, decoded. */
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The parsed body; `undefined` when there was none. */
  body: unknown;
}

/** A call to an index's own host. */
export interface IndexCall extends Call {
  index: Index;
}

export interface Answer {
  /** Default 200. */
  status?: number;
  /** Sent as JSON; nothing when absent. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Route<C extends Call> {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Parts between slashes; `:name` stands for any one part, `*` at the end for any number. */
  path: string;
  operation(call: C): Answer;
}

/** The route of this method and path, with its parameters. Throws NOT_FOUND or METHOD_NOT_ALLOWED. */
export function find<C extends Call>(
  routes: readonly Route<C>[],
  method: string,
  parts: readonly string[],
): { route: Route<C>; parameters: Record<string, string> } {
  const fitting = routes.flatMap((route) => {
    const parameters = fit(route.path.split('/'), parts);
    return parameters === undefined ? [] : [{ route, parameters }];
  });
  if (fitting.length === 0) throw new ApiError('NOT_FOUND', 'there is no such path');
  const found = fitting.find(({ route }) => route.method === method);
  if (found === undefined) throw new ApiError('METHOD_NOT_ALLOWED', `${method} is not a method of this path`);
  return found;
}

function fit(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const open = pattern.at(-1) === '*';
  if (open ? parts.length < pattern.length - 1 : parts.length !== pattern.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [at, part] of (open ? pattern.slice(0, -1) : pattern).entries()) {
    if (part.startsWith(':')) parameters[part.slice(1)] = parts[at]!;
    else if (part !== parts[at]) return undefined;
  }
  return parameters;
}

/** Decoded parts of a request's path; dots and encoded slashes stay what they are. */
export function partsOf(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw invalid('the path is not encoded as UTF-8');
  }
}

/** More than this is not even counted: the connection ends. */
const ENDURED_BYTES = 64 * 1024 * 1024;

/** The body as JSON; `undefined` when it is empty. Throws OUT_OF_RANGE past Pinecone's limit, else INVALID_ARGUMENT. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes <= LIMITS.requestBytes) chunks.push(chunk);
    if (bytes > ENDURED_BYTES) break;
  }
  if (bytes > LIMITS.requestBytes)
    throw new ApiError(
      'OUT_OF_RANGE',
      `Error, decoded message length too large: found ${bytes} bytes, the limit is: ${LIMITS.requestBytes} bytes`,
    );
  if (bytes === 0) return undefined;
  if (request.headers['content-encoding'] !== undefined)
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'compressed bodies are not read');
  try {
    const bytes = Buffer.concat(chunks);
    if (isUtf8(bytes)) return JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message quotes the body.
  }
  throw invalid('the request body is not JSON in UTF-8');
}
