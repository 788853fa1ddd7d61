import { basename, dirname } from 'node:path';
import { nameKey } from '../sqlite/names';
import type { FileFormat, FoundFile } from './folder';
import { literalLength, literalPattern, pathMatcher } from './match';

/** What becomes a table: the files of a folder whose paths match. */
export interface Collection {
  match: string;
}

export type Collections = Record<string, Collection>;

/** Table of the files themselves; no collection may have its name. */
export const FILES_TABLE = '_files';

const SUFFIX: Record<FileFormat, string> = { json: 'json', jsonl: 'jsonl', yaml: 'yaml', markdown: 'md' };

/** A collection for each folder and format, by the folder's name and the format: `context_json`, `logs_jsonl`; of one file, by its name. */
export function defaultCollections(files: readonly FoundFile[]): Collections {
  const groups = new Map<string, { folder: string; format: FileFormat; endings: Set<string> }>();
  for (const { path, format } of files) {
    const folder = dirname(path) === '.' ? '' : dirname(path);
    const key = JSON.stringify([folder, format]);
    const group = groups.get(key) ?? { folder, format, endings: new Set() };
    groups.set(key, group);
    group.endings.add(/[^.]+$/.exec(path)![0]);
  }
  const taken = new Set([nameKey(FILES_TABLE)]);
  const collections: [string, Collection][] = [];
  for (const { folder, format, endings } of groups.values()) {
    const [ending, ...more] = [...endings].sort();
    const name = free(plainName([...folder.split('/'), SUFFIX[format]].join('_')), taken);
    const prefix = folder === '' ? '' : `${literalPattern(folder)}/`;
    collections.push([
      name,
      { match: `${prefix}*.${more.length === 0 ? ending : `{${[ending, ...more].join(',')}}`}` },
    ]);
  }
  return Object.fromEntries(collections.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The collection of a source that is one file. */
export function singleCollection(path: string): Collections {
  const name = basename(path).replace(/\.[^.]*$/, '');
  return { [free(plainName(name), new Set([nameKey(FILES_TABLE)]))]: { match: literalPattern(path) } };
}

function plainName(text: string): string {
  const name = text.replaceAll(/[^\p{L}\p{N}_]+/gu, '_').replaceAll(/^_+|_+$/g, '');
  return name === '' ? 'documents' : /^sqlite_/i.test(name) ? `files_${name}` : name;
}

function free(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(nameKey(name)); number++) name = `${wanted}_${number}`;
  taken.add(nameKey(name));
  return name;
}

/** Which collection takes a path: of those that match, the one that says it most exactly, and the first by name of equals. */
export function collectionMatcher(collections: Collections): (path: string) => string | undefined {
  const ranked = Object.entries(collections)
    .map(([name, { match }]) => ({ name, matches: pathMatcher(match), weight: literalLength(match) }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  return (path) => ranked.find(({ matches }) => matches(path))?.name;
}
