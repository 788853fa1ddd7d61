import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { targetOf } from '../../../client/schema/target';
import type { Target } from '../../../client/schema/target';
import { resolvePlan } from '../../../core/resolve';
import { readCatalog } from '../../../stores/sqlite/catalog';
import { openSqlite } from '../../../stores/sqlite/open';
import { takeSnapshot } from '../../../stores/sqlite/snapshot';
import { makeTorture, sharedData } from '../../stores/sqlite/fixtures';
import { draftOf } from '../../support/plans';
import { planNameOf, publicDatabases, publicFolder } from '../../support/public-databases';

/** Every database that an artefact has to be right for: the public ones and the torture databases. */
export const everyDatabase: [name: string, file: () => string][] = [
  ...publicDatabases.map((file): [string, () => string] => [planNameOf(file), () => path.join(publicFolder, file)]),
  ...(existsSync(sharedData('torture'))
    ? ['torture', 'torture_utf16', 'torture_integrity', 'torture_foreign', 'torture_wide'].map(
        (name): [string, () => string] => [planNameOf(name), () => path.join(torture(), `${name}.db`)],
      )
    : []),
];

let tortureFolder: string | undefined;

function torture(): string {
  if (tortureFolder === undefined) {
    tortureFolder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-torture-'));
    makeTorture(tortureFolder);
  }
  return path.join(tortureFolder, 'out');
}

afterAll(() => {
  if (tortureFolder !== undefined) rmSync(tortureFolder, { recursive: true, force: true });
});

/** The target of the plan that nobody edited. */
export async function targetOfFile(file: string, name: string): Promise<Target> {
  const plan = await draftOf(file, name);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-catalog-'));
  try {
    const { path: copy } = await takeSnapshot({ source: file, destination: path.join(folder, 'copy.sqlite') });
    const db = openSqlite(copy);
    const catalog = readCatalog(db);
    db.close();
    return targetOf(resolvePlan(plan, '/', { main: catalog }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const PROVENANCE = { plan: 'test', planSha256: '0'.repeat(64) };
