import { execFile } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import { SqliftError } from '../core/errors';
import { cachedProgram } from './cached';
import type { OnStep } from './server';

/** Temporal's CLI, whose `server start-dev` is the embedded server. */

/** The last version that `go install` can build: later ones have a `replace` in their go.mod. */
const VERSION = '1.5.1';

/** The server inside the CLI must be at least this: CLI 1.3 has it. */
const OLDEST_SERVER = [1, 27] as const;

const run = promisify(execFile);

/**
 * Path of the program: SQLIFT_TEMPORAL_BIN; else `temporal` on the PATH; else the cached one, which is downloaded, or built
 * when there is Go, the first time. Throws ServerMissing with the command that gets it.
 */
export async function ensureTemporal(env: NodeJS.ProcessEnv, onStep: OnStep): Promise<string> {
  const own = env.SQLIFT_TEMPORAL_BIN;
  if (own) {
    if (await isRecent(own)) return own;
    const message = `SQLIFT_TEMPORAL_BIN is ${own}, which is not Temporal’s CLI of version 1.3 or later`;
    throw new SqliftError('ServerMissing', message, { server: 'temporal', file: own });
  }
  const onPath = (env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder || '.', 'temporal'));
  for (const program of onPath) if (existsSync(program) && (await isRecent(program))) return program;

  const folder = await cachedProgram(env, `temporal-${VERSION}`, async (draft) => {
    for (const fetch of [download, build]) {
      if ((await fetch(draft, env, onStep)) && (await isRecent(path.join(draft, 'temporal')))) return;
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(draft, { recursive: true });
    }
    throw new SqliftError(
      'ServerMissing',
      `Temporal’s server is missing: it could not be downloaded, and there is no working Go to build it with. Get it with \`curl -sSf https://temporal.download/cli.sh | sh\`, put its folder on the PATH and run this again`,
      { server: 'temporal' },
    );
  });
  return path.join(folder, 'temporal');
}

/** False when the release cannot be had: no network, another platform. Connecting may take 5 s, the whole 10 minutes. */
async function download(folder: string, _env: NodeJS.ProcessEnv, onStep: OnStep): Promise<boolean> {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  const platform = { linux: 'linux', darwin: 'darwin' }[process.platform as string];
  if (arch === undefined || platform === undefined) return false;
  const name = `temporal_cli_${VERSION}_${platform}_${arch}.tar.gz`;
  const archive = path.join(folder, name);
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(), 5000);
  try {
    const signal = AbortSignal.any([connecting.signal, AbortSignal.timeout(600_000)]);
    const response = await fetch(`https://github.com/temporalio/cli/releases/download/v${VERSION}/${name}`, { signal });
    if (!response.ok || response.body === null) return false;
    clearTimeout(timer);
    onStep(`Downloading Temporal ${VERSION} (once, about 60 MB)`);
    await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(archive));
    await run('tar', ['-xzf', archive, '-C', folder, 'temporal']);
    rmSync(archive);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** False when there is no Go, or it cannot build it. */
async function build(folder: string, env: NodeJS.ProcessEnv, onStep: OnStep): Promise<boolean> {
  try {
    await run('go', ['version'], { env });
  } catch {
    return false;
  }
  onStep(`Building Temporal ${VERSION} with Go (once, about two minutes)`);
  try {
    const args = ['install', `github.com/temporalio/cli/cmd/temporal@v${VERSION}`];
    await run('go', args, { env: { ...env, GOBIN: folder, GOFLAGS: '' }, cwd: folder, maxBuffer: 64 * 1024 * 1024 });
    return true;
  } catch {
    return false;
  }
}

/** A CLI built from source calls itself 0.0.0-DEV, so the version of the server inside decides. */
async function isRecent(program: string): Promise<boolean> {
  try {
    const { stdout } = await run(program, ['--version']);
    const [, major, minor] = /Server (\d+)\.(\d+)/.exec(stdout) ?? [];
    if (major === undefined || minor === undefined) return false;
    return (
      Number(major) > OLDEST_SERVER[0] || (Number(major) === OLDEST_SERVER[0] && Number(minor) >= OLDEST_SERVER[1])
    );
  } catch {
    return false;
  }
}
