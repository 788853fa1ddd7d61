import { endTestServers } from './private-servers';

/** Ends the servers that `global-setup` and the tests started, and removes their data. Jest calls it after failures, too. */
export default async function globalTeardown(): Promise<void> {
  const home = process.env.SQLIFT_TEST_HOME;
  if (home === undefined) return;
  await endTestServers(home);
}
