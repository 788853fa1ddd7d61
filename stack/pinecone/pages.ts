import { invalid } from './errors';

/** Pages of a list in order of ids: a token names the last id of its page. */

interface Item<T> {
  id: string;
  item: T;
}

/**
 * One page: up to `limit` items of those that `behind` gives, which are all, or one more than `limit`, behind an id in the
 * list's order. `pagination` is there when more follow. Throws INVALID_ARGUMENT for a token that is none.
 */
export function pageOf<T>(
  token: string | null | undefined,
  limit: number,
  behind: (after: string) => Item<T>[],
): { items: T[]; pagination: { pagination?: { next: string } } } {
  const items = behind(token ? afterOf(token) : '');
  const page = items.slice(0, limit);
  const pagination = items.length > limit ? { pagination: { next: tokenOf(page.at(-1)!.id) } } : {};
  return { items: page.map(({ item }) => item), pagination };
}

const tokenOf = (id: string): string => Buffer.from(JSON.stringify({ skip_past: id })).toString('base64');

function afterOf(token: string): string {
  try {
    const { skip_past } = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as { skip_past: unknown };
    if (typeof skip_past === 'string') return skip_past;
  } catch {
    // Refused below.
  }
  throw invalid('Invalid pagination token');
}
