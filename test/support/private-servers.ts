import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { stackDown } from '../../stack';

/** State folders of servers that one test file or one jest worker has for itself, inside that of the test run. */
const PRIVATE = 'private';

/** A new, or the kept, state folder of this name. Whatever runs in it is ended with the test run. */
export function privateHome(name: string, options: { kept?: boolean } = {}): string {
  const home = process.env.SQLIFT_TEST_HOME;
  if (home === undefined) throw new Error('This test needs servers: run jest without SQLIFT_TEST_SERVERS=off');
  const folder = path.join(home, PRIVATE);
  mkdirSync(folder, { recursive: true });
  if (options.kept !== true) return mkdtempSync(path.join(folder, `${name}-`));
  mkdirSync(path.join(folder, name), { recursive: true });
  return path.join(folder, name);
}

/** Ends everything that runs in the state folder of a test run and in those inside it, and removes it. */
export async function endTestServers(home: string): Promise<void> {
  const folder = path.join(home, PRIVATE);
  const homes = [home, ...entries(folder).map((name) => path.join(folder, name))];
  await Promise.all(homes.map((one) => stackDown({ home: one })));
  rmSync(home, { recursive: true, force: true });
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
