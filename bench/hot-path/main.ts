import { parseArgs } from 'node:util';
import { ALLOWED, CASES, HotPath, nameOf, renew, renewals } from './baseline';
import { revisionOfToday } from './version';

/**
 * How much processor time the hot path takes beside its baseline, the code of an earlier commit: `npm run bench:hot-path`. With `--renew WHY`, today's
 * commit becomes the baseline, and how it compared with the one before is kept, so that it shows when many small steps went the wrong way.
 */

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { renew: { type: 'string' }, only: { type: 'string', default: '' } } });
  if (values.renew !== undefined) revisionOfToday();
  const hotPath = new HotPath();
  try {
    const ratios: Record<string, number> = {};
    for (const one of CASES.filter((each) => nameOf(each).includes(values.only))) {
      const { ratio, ratios: found, perRow } = await hotPath.compare(one);
      const since = renewals().reduce((product, renewal) => product * (renewal.ratios?.[nameOf(one)] ?? 1), ratio);
      ratios[nameOf(one)] = Number(ratio.toFixed(3));
      process.stdout.write(
        `${nameOf(one).padEnd(18)} ${ratio.toFixed(3)} × the baseline${ratio > ALLOWED ? ', TOO SLOW' : ''}; ${since.toFixed(2)} × the first; ` +
          `${perRow.toFixed(2)} µs a row (${found.map((each) => each.toFixed(2)).join(' ')})\n`,
      );
      if (ratio > ALLOWED && values.renew === undefined) process.exitCode = 1;
    }
    if (values.renew !== undefined) renew(values.renew, ratios);
  } finally {
    hotPath.remove();
  }
}

void main();
