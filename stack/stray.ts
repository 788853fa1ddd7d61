import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasArgument } from './liveness';

/**
 * Ends the server that a pid file in its data folder names, when we have no record of it, and removes the file. `argument` is a
 * word of the server's command line that no other program has: after a crash the system may have given that pid away.
 */
export async function endStray(pidFile: string, argument: string, gently: NodeJS.Signals): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  for (let waited = 0; pid > 0 && hasArgument(pid, argument); waited += 100) {
    process.kill(pid, waited < 10_000 ? gently : 'SIGKILL');
    await sleep(100);
  }
  rmSync(pidFile, { force: true });
}
