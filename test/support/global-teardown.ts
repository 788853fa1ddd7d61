import { rmSync } from 'node:fs';
import { stackDown } from '../../stack';

/** Ends the servers that `global-setup` started, and removes their data. Jest calls it after failures, too. */
export default async function globalTeardown(): Promise<void> {
  const home = process.env.SQLIFT_TEST_HOME;
  if (home === undefined) return;
  await stackDown({ home });
  rmSync(home, { recursive: true, force: true });
}
