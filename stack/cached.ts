import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureFolder, programsCache } from './home';
import { withLock } from './lock';

/**
 * The folder `name` of the programs' cache, filled by `fetch` the first time: whole or not at all, once, however many
 * processes ask for it. What `fetch` throws is thrown, and the next call tries again.
 */
export async function cachedProgram(
  env: NodeJS.ProcessEnv,
  name: string,
  fetch: (draft: string) => Promise<void>,
): Promise<string> {
  const cache = programsCache(env);
  const folder = path.join(cache, name);
  if (existsSync(folder)) return folder;
  return await withLock(ensureFolder(cache), name, async () => {
    if (existsSync(folder)) return folder;
    const draft = `${folder}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    try {
      await fetch(draft);
      renameSync(draft, folder);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
    return folder;
  });
}
