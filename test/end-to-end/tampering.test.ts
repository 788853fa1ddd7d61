import type { Difference } from '../../core/run';
import { readRun } from '../../stores/ledger/runs';
import type { VerifyResult } from '../../workflows/verification';
import { Migrations } from '../support/migration';
import type { StartedRun } from '../support/migration';
import { targetState } from '../support/target-state';
import { shop } from './sources';

let migrations: Migrations;
let started: StartedRun;
beforeAll(async () => {
  migrations = await Migrations.open();
  await migrations.startWorker();
  const plan = await migrations.plan('shop', (db) => {
    shop(db);
    db.exec(`CREATE TABLE visits (at TEXT, page TEXT)`);
    db.exec(`INSERT INTO visits SELECT 'day ' || (id % 30), 'page ' || (id % 11) FROM orders`);
  });
  started = await migrations.start(plan);
  expect((await started.result()).state).toBe('published');
});
afterAll(() => migrations.close());

async function verified(): Promise<{ count: number; differences: Difference[] }> {
  const { differences: count } = await migrations.workflow<VerifyResult>('verifyWorkflow', { run: started.run });
  return { count, differences: (await migrations.report(started.run)).verification.differences };
}

const at = (table: string) => ({ source: 'main', table });

test.each<[string, string, string, Difference[]]>([
  [
    'a single changed cell',
    `UPDATE shop.customers SET name = 'somebody' WHERE id = 3`,
    `UPDATE shop.customers SET name = 'customer 3' WHERE id = 3`,
    [{ ...at('customers'), kind: 'cell', key: '3', column: 'name', expected: 'customer 3', found: 'somebody' }],
  ],
  [
    'a missing row',
    'DELETE FROM shop.orders WHERE id = 4',
    'INSERT INTO shop.orders VALUES (4, 5, 5)',
    [{ ...at('orders'), kind: 'missing row', key: '4', expected: expect.stringContaining('5') as string }],
  ],
  [
    'a doubled row',
    'INSERT INTO shop.visits SELECT * FROM shop.visits ORDER BY at, page LIMIT 1',
    `DELETE FROM shop.visits WHERE ctid = (SELECT max(ctid) FROM shop.visits WHERE (at, page) = (SELECT at, page FROM shop.visits ORDER BY at, page LIMIT 1))`,
    [{ ...at('visits'), kind: 'extra row', key: expect.any(String) as string, found: expect.any(String) as string }],
  ],
  [
    'cells swapped between two rows',
    `UPDATE shop.customers SET city = CASE id WHEN 5 THEN 'city 6' ELSE 'city 5' END WHERE id IN (5, 6)`,
    `UPDATE shop.customers SET city = 'city ' || id WHERE id IN (5, 6)`,
    [
      { ...at('customers'), kind: 'cell', key: '5', column: 'city', expected: 'city 5', found: 'city 6' },
      { ...at('customers'), kind: 'cell', key: '6', column: 'city', expected: 'city 6', found: 'city 5' },
    ],
  ],
  [
    'a truncated string',
    `UPDATE shop.customers SET name = left(name, -1) WHERE id = 150`,
    `UPDATE shop.customers SET name = 'customer 150' WHERE id = 150`,
    [{ ...at('customers'), kind: 'cell', key: '150', column: 'name', expected: 'customer 150', found: 'customer 15' }],
  ],
])('verifying again finds %s, by name, and nothing once it is repaired', async (_, tamper, repair, expected) => {
  await migrations.sql(tamper);
  const before = await targetState(migrations.pool, migrations.database.url);
  const found = await verified();
  expect(found.differences).toEqual(expect.arrayContaining(expected));
  expect(found).toEqual({ count: expected.length, differences: expect.any(Array) });
  // Looking changes nothing, neither in the target nor in the state of the run.
  expect(await targetState(migrations.pool, migrations.database.url)).toEqual(before);
  expect((await readRun(migrations.pool, started.run))!.state).toBe('published');
  expect(await migrations.report(started.run)).toMatchObject({
    state: 'published',
    verification: { state: 'differs' },
  });

  await migrations.sql(repair);
  expect(await verified()).toEqual({ count: 0, differences: [] });
  expect((await migrations.report(started.run)).verification.state).toBe('verified');
});
