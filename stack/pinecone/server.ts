import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, invalid, unserved, type Plane } from './errors';
import { bodyOf, find, partsOf, type Answer, type Call, type IndexCall, type Route } from './http';
import { INDEX_ROUTES, indexNamed } from './indexes';
import { LIMITS } from './limits';
import { NAMESPACE_ROUTES } from './namespaces';
import { READ_ROUTES } from './reads';
import type { Store } from './store';
import { WRITE_ROUTES } from './writes';

/**
 * HTTP around the operations: who may call, which plane and operation a path names, and the words of every refusal.
 * The control plane is at the root, the data plane of the index NAME below `/data/NAME`, which is what its `host` says.
 */

/** A fetch is a GET with up to 1,000 ids of 512 characters, each of which may take three in a URL. */
const HEADER_BYTES = 2 * 1024 * 1024;

/** Longer than clients keep an idle connection, so that none is closed under a request. */
const KEEP_ALIVE_MS = 65_000;

const DATA_ROUTES: readonly Route<IndexCall>[] = [
  ...READ_ROUTES,
  ...WRITE_ROUTES,
  ...NAMESPACE_ROUTES,
  ...(['GET', 'POST', 'DELETE'] as const).flatMap((method) =>
    [
      ['bulk/imports/*', 'bulk imports'],
      ['records/*', 'records with integrated embedding'],
      ['namespaces/:namespace/documents/*', 'the documents API'],
    ].map(([path, what]) => ({ method, path: path!, operation: (): never => fail(what!) })),
  ),
];

/** `onFailure` is told of each error that is the server's own fault. */
export function createServer(store: Store, onFailure: (error: unknown) => void): http.Server {
  const options = { maxHeaderSize: HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = http.createServer(options, (request, response) => {
    const { port } = server.address() as AddressInfo;
    void respond(store, `http://127.0.0.1:${port}`, request, response, onFailure);
  });
  return server;
}

async function respond(
  store: Store,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
  onFailure: (error: unknown) => void,
): Promise<void> {
  let plane: Plane = 'control';
  try {
    const [path, search] = splitOnce(request.url ?? '/', '?');
    const parts = partsOf(path);
    if (parts[0] === 'data') plane = 'data';
    const body = await bodyOf(request);
    if (!isLocal(request.headers.host))
      return sendText(response, 403, 'This development server answers local clients only');
    // Any key will do, as long as there is one.
    if (!request.headers['api-key'])
      return sendText(response, 401, plane === 'data' ? 'Unauthorized' : 'Invalid API Key');
    const call = { store, origin, version: versionOf(request), query: new URLSearchParams(search), body };
    const method = request.method ?? 'GET';
    send(response, plane === 'control' ? controlled(call, method, parts) : ofIndex(call, method, parts));
  } catch (error) {
    const known = error instanceof ApiError ? error : new ApiError('UNKNOWN', 'Internal server error');
    // A body that ends early is the client's doing.
    if (known !== error && request.complete) onFailure(error);
    send(response, { status: known.status, body: known.body(plane) });
  }
}

type Unrouted = Omit<Call, 'parameters'>;

function controlled(call: Unrouted, method: string, parts: readonly string[]): Answer {
  const { route, parameters } = find(INDEX_ROUTES, method, parts);
  return route.operation({ ...call, parameters });
}

function ofIndex(call: Unrouted, method: string, [, name = '', ...parts]: readonly string[]): Answer {
  const index = indexNamed(call.store, name);
  const { route, parameters } = find(DATA_ROUTES, method, parts);
  return route.operation({ ...call, parameters, index });
}

/** A page of another site that names this address by its own domain is told apart by the Host that its browser sends. */
function isLocal(host: string | undefined): boolean {
  return host === undefined || /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host);
}

function versionOf(request: IncomingMessage): string {
  const version = String(request.headers['x-pinecone-api-version'] ?? '2024-07');
  if (!/^(\d{4}-\d{2}(\.alpha)?|unstable)$/.test(version)) throw invalid('X-Pinecone-Api-Version is not a version');
  return version;
}

function send(response: ServerResponse, { status = 200, body, headers }: Answer): void {
  if (body === undefined) return void response.writeHead(status, headers).end();
  const bytes = Buffer.from(JSON.stringify(body));
  if (bytes.byteLength > LIMITS.responseBytes)
    throw new ApiError(
      'OUT_OF_RANGE',
      `Error, encoded message length too large: found ${bytes.byteLength} bytes, the limit is: ${LIMITS.responseBytes} bytes`,
    );
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.byteLength, ...headers });
  response.end(bytes);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function fail(what: string): never {
  throw unserved(what);
}
