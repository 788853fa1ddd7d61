import { chmodSync, mkdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Where the embedded servers keep their data, state and logs, and where their programs are cached. */

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * The state folder: SQLIFT_HOME, else `sqlift` in the XDG state folder. For root, /var/lib/sqlift: PostgreSQL runs as
 * another user then, who cannot enter /root.
 */
export function stackHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SQLIFT_HOME) return path.resolve(env.SQLIFT_HOME);
  if (isRoot()) return '/var/lib/sqlift';
  return path.join(env.XDG_STATE_HOME || path.join(os.homedir(), '.local', 'state'), 'sqlift');
}

/** The folder for downloaded programs: SQLIFT_CACHE, else `sqlift` in the XDG cache folder; for root /var/cache/sqlift. */
export function programsCache(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SQLIFT_CACHE) return path.resolve(env.SQLIFT_CACHE);
  if (isRoot()) return '/var/cache/sqlift';
  return path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'sqlift');
}

/** Makes a folder that only its owner may enter, of a server whose own files others could read. */
export function ensurePrivateFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  return folder;
}

/**
 * Makes the folder if it is missing. Run by root, its subfolders stay reachable for the user that PostgreSQL runs as;
 * otherwise only the owner may enter. Secrets in it are protected by the modes of their own files.
 */
export function ensureFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  if (isRoot() && (statSync(folder).mode & 0o011) !== 0o011) chmodSync(folder, (statSync(folder).mode & 0o777) | 0o011);
  return folder;
}
