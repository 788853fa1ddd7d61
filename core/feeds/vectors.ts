import { SqliftError } from '../errors';
import type { MakeEntries } from './entry';
import type { VectorFeed } from './feed';

/** Vectors, or texts to embed, of each row. */
export function compileVectors({ feed }: VectorFeed): MakeEntries {
  throw new SqliftError('PlanInvalid', `${feed}: vectors are not filled yet`);
}
