import { parseArgs } from 'node:util';
import { DATASETS } from '../datasets';
import type { Dataset } from '../datasets';
import { CONTESTANTS } from './contestants';
import type { Contestant } from './contestant';

export const USAGE = `npm run bench -- [options]
  --short            wide and many, smaller, 3 rounds, without the tools that take minutes: some minutes
  --data NAMES       of ${DATASETS.join(', ')}
  --only NAMES       contestants, as --list names them
  --rounds N         default 5
  --rows N           rows of each data set (of "many": of each of its tables)
  --scale            how cost grows with rows, from 10,000 on; --max-rows N, default 50,000,000
  --json FILE        everything that was measured
  --html FILE        a page with charts
  --folder FOLDER    where data sets are kept, default bench/.data
  --list             contestants, and which are installed`;

export interface Options {
  data: { name: Dataset; rows?: number }[];
  contestants: readonly Contestant[];
  rounds: number;
  scale?: { maxRows: number };
  json?: string;
  html?: string;
  folder: string;
  list: boolean;
}

const USUAL: readonly Dataset[] = ['wide', 'narrow', 'many', 'blobs', 'json'];
const SHORT: Readonly<Partial<Record<Dataset, number>>> = { wide: 100_000, many: 200 };
const SCALE = ['load', 'verify', 'run'];

/** Throws what a person is to be told when something is wrong with them. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      data: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      rows: { type: 'string' },
      scale: { type: 'boolean', default: false },
      'max-rows': { type: 'string' },
      json: { type: 'string' },
      html: { type: 'string' },
      folder: { type: 'string', default: 'bench/.data' },
      list: { type: 'boolean', default: false },
    },
  });
  const { short, scale, json, html, folder, list } = values;
  const usual = scale ? (['narrow'] as const) : short ? (Object.keys(SHORT) as Dataset[]) : USUAL;
  const rows = wholeNumber('--rows', values.rows);
  const data = (values.data === undefined ? usual : chosen('data set', values.data, DATASETS)).map((name) => {
    const own = rows ?? (short ? SHORT[name] : undefined);
    return { name, ...(own !== undefined && { rows: own }) };
  });
  const all = CONTESTANTS.map(({ name }) => name);
  const names = values.only === undefined ? undefined : chosen('contestant', values.only, all);
  const takesPart = ({ name, quick }: Contestant) =>
    names?.includes(name) ?? (scale ? SCALE.includes(name) : quick || !short);
  return {
    data,
    contestants: CONTESTANTS.filter(takesPart),
    rounds: wholeNumber('--rounds', values.rounds) ?? (short || scale ? 3 : 5),
    ...(scale && { scale: { maxRows: wholeNumber('--max-rows', values['max-rows']) ?? 50_000_000 } }),
    ...(json !== undefined && { json }),
    ...(html !== undefined && { html }),
    folder,
    list,
  };
}

function chosen<T extends string>(what: string, list: string, all: readonly T[]): T[] {
  return list.split(',').map((name) => {
    const found = all.find((candidate) => candidate === name);
    if (found === undefined) throw new Error(`no ${what} ${name}: there are ${all.join(', ')}`);
    return found;
  });
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${option}: expected a whole number from 1 on, got ${text}`);
  return value;
}
