import type { Contestant } from '../contestant';
import { limitOfLoad, limitWithKeys } from './limit';
import { dltConnectorx, dltPyarrow, duckdb, pgloader, pipe, sling } from './peers';
import { load, loadWithKeys, verify, verifyIndependent } from './phases';
import { wholeRun } from './whole-run';

/** In the order of the table. */
export const CONTESTANTS: readonly Contestant[] = [
  limitOfLoad,
  load,
  duckdb,
  pipe,
  dltConnectorx,
  dltPyarrow,
  sling,
  verify,
  verifyIndependent,
  limitWithKeys,
  loadWithKeys,
  wholeRun,
  pgloader,
];
