import type { Trap } from '../trap';
import { names } from './names';
import { objects } from './objects';
import { rowTraps } from './rows';
import { foreignKeys, schema } from './schema';
import { texts } from './texts';
import { times } from './times';
import { values } from './values';

/** Every trap, in the order of the table. */
export const TRAPS: readonly Trap[] = [
  ...values,
  ...texts,
  ...times,
  ...rowTraps,
  ...schema,
  ...foreignKeys,
  ...objects,
  ...names,
];
