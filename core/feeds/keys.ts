import { SqliftError } from '../errors';
import type { MakeEntries } from './entry';
import type { CacheFeed } from './feed';

/** Parts of Redis keys of each row. */
export function compileKeys({ feed }: CacheFeed): MakeEntries {
  throw new SqliftError('PlanInvalid', `${feed}: Redis is not filled yet`);
}
