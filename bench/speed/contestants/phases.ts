import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Arena, Contestant } from '../contestant';
import type { Figures } from '../measure';
import { inChild } from '../sqlift/child';
import type { Task } from '../sqlift/process';

/** sqlift's phases, each by itself: the code of its activities in a process of its own, without Temporal. */

const phase = {
  kind: 'own',
  version: sqliftVersion,
} satisfies Partial<Contestant>;

const NOT_TIMED = ['snapshot and census (done before)', 'making the tables (done before)', 'starting Node'];

export const load: Contestant = {
  ...phase,
  name: 'load',
  quick: true,
  title: 'sqlift’s import, without keys',
  against: 'limit',
  keys: false,
  without: [...NOT_TIMED, 'verification'],
  prepare: (arena) => perform(arena, 'prepare').then(() => undefined),
  run: (arena) => perform(arena, 'load'),
};

export const loadWithKeys: Contestant = {
  ...phase,
  name: 'load-keys',
  quick: true,
  title: 'sqlift’s import with keys, indexes, foreign keys and statistics',
  against: 'limit-keys',
  keys: true,
  without: [...NOT_TIMED, 'verification'],
  prepare: (arena) => perform(arena, 'prepare').then(() => undefined),
  run: (arena) => perform(arena, 'load-keys'),
};

const loaded = async (arena: Arena): Promise<void> => {
  await perform(arena, 'prepare');
  await perform(arena, 'load-keys');
};

export const verify: Contestant = {
  ...phase,
  name: 'verify',
  quick: true,
  title: 'sqlift’s comparison of every cell with the snapshot',
  against: 'load',
  keys: true,
  without: ['loading (done before)', 'the part that a run compares a second time', 'starting Node'],
  prepare: loaded,
  run: (arena) => perform(arena, 'verify'),
};

export const verifyIndependent: Contestant = {
  ...phase,
  name: 'verify-independent',
  quick: false,
  title: 'the same, and all of it a second time by code that shares nothing with the load (--independent)',
  against: 'load',
  keys: true,
  without: ['loading (done before)', 'starting Node'],
  prepare: loaded,
  run: (arena) => perform(arena, 'verify-independent'),
};

async function perform(
  { set: { file, catalog, mapping }, url }: Arena,
  kind: Exclude<Task['kind'], 'draft'>,
): Promise<Figures> {
  const { seconds, cpuSeconds, peakMib } = await inChild({ kind, source: { file, url, catalog, mapping } });
  return { seconds, cpuSeconds, peakMib };
}

export function sqliftVersion(): string {
  const file = path.join(__dirname, '../../../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
