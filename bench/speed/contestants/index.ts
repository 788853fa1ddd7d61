import type { Contestant } from '../contestant';
import { limitOfLoad, limitWithKeys } from './limit';
import { load, loadWithKeys, verify } from './phases';

/** In the order of the table. */
export const CONTESTANTS: readonly Contestant[] = [limitOfLoad, load, verify, limitWithKeys, loadWithKeys];
