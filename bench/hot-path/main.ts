import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ALLOWED, BASELINE, CASES, nameOf, renewals, Today } from './baseline';

/**
 * How much processor time the hot path takes beside the frozen copy of it: `npm run bench:hot-path`. With `--renew WHY`, today's code
 * becomes the copy, and how it compared with the one before is kept, so that it shows when many small steps went the wrong way.
 */

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { renew: { type: 'string' }, only: { type: 'string', default: '' } } });
  const today = await Today.open();
  try {
    if (!existsSync(BASELINE)) {
      today.renew(values.renew ?? 'the first');
      return;
    }
    const ratios: Record<string, number> = {};
    for (const one of CASES.filter((each) => nameOf(each).includes(values.only))) {
      const { ratio, ratios: found, perRow } = await today.compare(one);
      const since = renewals().reduce((product, renewal) => product * (renewal.ratios?.[nameOf(one)] ?? 1), ratio);
      ratios[nameOf(one)] = Number(ratio.toFixed(3));
      process.stdout.write(
        `${nameOf(one).padEnd(18)} ${ratio.toFixed(3)} × the frozen copy${ratio > ALLOWED ? ', TOO SLOW' : ''}; ${since.toFixed(2)} × the first; ` +
          `${perRow.toFixed(2)} µs a row (${found.map((each) => each.toFixed(2)).join(' ')})\n`,
      );
      if (ratio > ALLOWED && values.renew === undefined) process.exitCode = 1;
    }
    if (values.renew !== undefined) today.renew(values.renew, ratios);
  } finally {
    today.remove();
  }
}

void main();
