import { runId } from '../../core/ids';
import { parseRunId, pickRun } from '../../client/runs';

const runs = [
  { run: 'shop-20260302-100000-bbbbbb' },
  { run: 'shop-20260301-100000-aaaaab' },
  { run: 'demo-20260101-000000-aaaaaa' },
];

test('a run’s id tells its plan and its time', () => {
  const at = new Date('2026-03-01T10:20:30Z');
  expect(parseRunId(runId('my-plan_2', at, 'k3j9x0'))).toEqual({ plan: 'my-plan_2', startedAt: at });
  expect(parseRunId('not a run')).toBeUndefined();
});

test('without an id the newest run is meant', () => {
  expect(pickRun(runs, undefined).run).toBe('shop-20260302-100000-bbbbbb');
});

test('a unique beginning or end of an id is enough', () => {
  expect(pickRun(runs, 'demo').run).toBe('demo-20260101-000000-aaaaaa');
  expect(pickRun(runs, 'bbb').run).toBe('shop-20260302-100000-bbbbbb');
});

test('what fits several runs or none is refused, naming them', () => {
  expect(() => pickRun(runs, 'shop')).toThrow(
    expect.objectContaining({ code: 'RunUnknown', message: expect.stringContaining('shop-20260301-100000-aaaaab') }),
  );
  expect(() => pickRun(runs, 'zzz')).toThrow(expect.objectContaining({ code: 'RunUnknown' }));
  expect(() => pickRun([], undefined)).toThrow(expect.objectContaining({ code: 'RunUnknown' }));
});
