import path from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from './server';
import { Store } from './store';

/** The process: `node dist/stack/pinecone/main.js --data FOLDER`. Says `ready` on stdout once it listens. */

const HELP = `A development server that speaks Pinecone's REST API, for the official SDKs. It is not Pinecone: one process on one
machine, on 127.0.0.1 only, any API key is accepted, search is exact and reads the whole namespace.

  node dist/stack/pinecone/main.js --data FOLDER [--port PORT] [--memory-mb MB]

  --data FOLDER    where the indexes are kept (one SQLite file)
  --port PORT      default: any free one
  --memory-mb MB   for vectors of large namespaces that are searched, kept beside the file; default 1024

  PINECONE_CONTROLLER_HOST=http://127.0.0.1:PORT PINECONE_API_KEY=local    what the SDKs need to find it
`;

function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '0' },
      'memory-mb': { type: 'string', default: '1024' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return void process.stdout.write(HELP);
  if (values.data === undefined) throw new Error('--data FOLDER is missing; --help tells more');
  const folder = path.resolve(values.data);
  const store = new Store(folder, wholeNumber(values['memory-mb'], '--memory-mb') * 1024 * 1024);
  const server = createServer(store, (error) => {
    // The stack alone: messages of the machinery hold no rows, but it does not depend on that.
    const stack =
      error instanceof Error ? `${error.name}\n${(error.stack ?? '').replace(/^.*?(?=\n {4}at )/s, '')}` : '';
    process.stderr.write(`internal error ${stack}\n`);
  });
  const stop = (): void => {
    server.close(() => {
      store.close();
      process.exit(0);
    });
    server.closeIdleConnections();
    // Requests take milliseconds: what is left after a while is a client that does not read.
    setTimeout(() => server.closeAllConnections(), 3000).unref();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  server.once('error', (error) => fail(error));
  server.listen(wholeNumber(values.port, '--port'), '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    process.stdout.write(
      `sqlift's local Pinecone endpoint, a development server (not Pinecone); data in ${folder}\nready http://127.0.0.1:${port}\n`,
    );
  });
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new Error(`${option} takes a whole number`);
  return Number(text);
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

try {
  main();
} catch (error) {
  fail(error);
}
