import { dataset } from '../../bench/datasets';
import { ALLOWED, ALLOWED_TOGETHER, CASES, HotPath, nameOf, together } from '../../bench/hot-path/baseline';
import { compare } from '../../bench/hot-path/compare';

/**
 * The hot path has not become slower than that of its baseline, an earlier commit: see bench/hot-path. Processor time in turns, so that it holds on any
 * machine and beside other work. Slower on purpose, or faster: `npm run bench:hot-path -- --renew 'why'`.
 */

// Not on by itself yet: it has not been seen to end in time beside a load of 17 on two processors.
const isOn = process.env.SQLIFT_HOT_PATH === 'on';
const test = isOn ? globalThis.test : globalThis.test.skip;

let hotPath: HotPath;
beforeAll(() => {
  if (isOn) hotPath = new HotPath();
});
afterAll(() => hotPath?.remove());

const found: Record<string, number> = {};

test.each(CASES.map((one) => [nameOf(one), one] as const))('%s is no slower than it was', async (name, one) => {
  const { ratio, ratios } = await hotPath.compare(one);
  found[name] = ratio;
  if (ratio > ALLOWED)
    throw new Error(
      `${ratio.toFixed(3)} × the baseline, by process: ${ratios.map((each) => each.toFixed(2)).join(' ')}`,
    );
});

test('all of it together is no slower, by less than can be told of a part', () => {
  expect(Object.keys(found)).toHaveLength(CASES.length);
  expect(together(Object.values(found))).toBeLessThan(ALLOWED_TOGETHER);
});

test('more work is noticed: the same code over a quarter more rows', async () => {
  const more = dataset('narrow', hotPath.folder, 31_000);
  const [then, now] = [await hotPath.today('narrow'), await hotPath.today('narrow', more)];
  expect((await compare('census', now, then, 1)).ratio).toBeGreaterThan(ALLOWED);
});
