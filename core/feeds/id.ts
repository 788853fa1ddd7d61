import { textOf } from './value';
import type { Value } from './value';

/** What an entry's key is as text: different for different keys, of whatever types and lengths. */
export function idOf(parts: readonly Value[]): string {
  return parts
    .map((part) => `${typeof part === 'bigint' ? 'i' : typeof part === 'number' ? 'r' : 't'}${textOf(part) ?? ''}`)
    .map(escaped)
    .join('|');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\|]/g, '\\$&');
}
