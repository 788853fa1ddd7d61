import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const HISTORIES = path.join(__dirname, 'histories');

/** What the recorder puts into the cells and the password of its runs: neither may be found in any history. */
export const MARKED_CELL = 'MARKEDCELL';
export const MARKED_PASSWORD = 'MARKEDPASSWORD';

export interface RecordedHistory {
  /** `v0.1/published`. */
  name: string;
  /** A history as `historyToJSON` writes it. */
  json: { events: Record<string, unknown>[] };
}

export function recordedHistories(): RecordedHistory[] {
  if (!existsSync(HISTORIES)) return [];
  return readdirSync(HISTORIES).flatMap((version) =>
    readdirSync(path.join(HISTORIES, version))
      .filter((file) => file.endsWith('.history.json'))
      .map((file) => ({
        name: `${version}/${path.basename(file, '.history.json')}`,
        json: JSON.parse(readFileSync(path.join(HISTORIES, version, file), 'utf8')) as RecordedHistory['json'],
      })),
  );
}

/** Everything that a history says, its payloads decoded: in JSON they are base64, where no search would find a word. */
export function textOf(history: unknown): string {
  const words: string[] = [];
  const visit = (value: unknown, key?: string): void => {
    if (typeof value === 'string') words.push(key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value);
    else if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'object' && value !== null)
      for (const [name, member] of Object.entries(value)) visit(member, name);
  };
  visit(history);
  return words.join('\n');
}
