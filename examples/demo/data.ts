import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Open data that comes in the npm package vega-datasets (BSD-3-Clause), read from its files: nothing is downloaded. */

export interface Datasets {
  /** Characters of Les Misérables and how often two of them appear together. */
  characters: {
    nodes: { name: string; group: number; index: number }[];
    links: { source: number; target: number; value: number }[];
  };
  /** Films, with money in dollars and dates such as `Jun 12 1998`. Titles are sometimes numbers. */
  films: Record<string, string | number | null>[];
  /** Airports of the USA. */
  airports: Record<string, string>[];
  /** 20,000 domestic flights of 2001. */
  flights: { date: string; delay: number; distance: number; origin: string; destination: string }[];
  /** Delay (minutes), distance (miles) and time of day (hours) of 200,000 more. */
  delays: { delay: number; distance: number; time: number }[];
  /** Reports of birds that met aeroplanes. */
  strikes: Record<string, string>[];
}

/** Reads the data sets. Throws when the package is not installed. */
export function readDatasets(): Datasets {
  const folder = path.join(path.dirname(require.resolve('vega-datasets')), '..', 'data');
  const text = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  return {
    characters: JSON.parse(text('miserables.json')) as Datasets['characters'],
    films: JSON.parse(text('movies.json')) as Datasets['films'],
    airports: parseCsv(text('airports.csv')),
    flights: JSON.parse(text('flights-20k.json')) as Datasets['flights'],
    delays: JSON.parse(text('flights-200k.json')) as Datasets['delays'],
    strikes: parseCsv(text('birdstrikes.csv')),
  };
}

/** RFC 4180: fields may be quoted, and quotes in them doubled. The first record names the fields. */
export function parseCsv(text: string): Record<string, string>[] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, field = '', end] of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/g)) {
    record.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end === ',') continue;
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  }
  const [head = [], ...rows] = records;
  return rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ''])));
}
