import { chosenChunks } from '../../core/chosen-chunks';
import fc from '../support/property';

/** All chosen chunks of tables with these numbers of chunks, as `table:chunk`. */
function chosen(run: string, tables: readonly number[]): string[] {
  const all = tables.reduce((sum, chunks) => sum + chunks, 0);
  let before = 0;
  return tables.flatMap((chunks, table) => {
    const found = [...chosenChunks(run, before, chunks, all)].map((chunk) => `${table}:${chunk}`);
    before += chunks;
    return found;
  });
}

test('at least one chunk in twenty, none twice, whatever the tables are', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.nat(100), { minLength: 1, maxLength: 30 }), (run, tables) => {
      const all = tables.reduce((sum, chunks) => sum + chunks, 0);
      const found = chosen(run, tables);
      expect(found).toHaveLength(Math.ceil(all / 20));
      expect(new Set(found).size).toBe(found.length);
    }),
  );
});

test('the same run looks at the same chunks again, others look elsewhere', () => {
  const tables = [7, 400, 1, 93];
  expect(chosen('a', tables)).toEqual(chosen('a', tables));
  const seen = new Set(Array.from({ length: 200 }, (_, run) => chosen(`run ${run}`, tables)).flat());
  // Every chunk comes up sooner or later: of 500, each with a chance of 1 in 20, hardly one is left out 200 times.
  expect(seen.size).toBeGreaterThan(490);
});
