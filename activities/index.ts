import { backupActivities } from './backup';
import type { ActivityDeps } from './context';
import { cutoverActivities } from './cutover';
import { exportActivities } from './export';
import { feedActivities } from './feeds';
import { feedUndoActivities } from './feeds/undo';
import { importActivities } from './import';
import { preflightActivities } from './preflight';
import { quarantineActivities } from './quarantine';
import { recordActivities } from './record';
import { transformActivities } from './transform';
import { verifyActivities } from './verify';
import { verifyFeedActivities } from './verify/feeds';

/** Every activity of a worker, by the name that workflows call it. */
export function createActivities(deps: ActivityDeps) {
  return {
    ...preflightActivities(deps),
    ...backupActivities(deps),
    ...exportActivities(deps),
    ...transformActivities(deps),
    ...importActivities(deps),
    ...feedActivities(deps),
    ...feedUndoActivities(deps),
    ...verifyActivities(deps),
    ...verifyFeedActivities(deps),
    ...cutoverActivities(deps),
    ...quarantineActivities(deps),
    ...recordActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
