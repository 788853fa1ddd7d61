import type { BenchServers } from '../servers';
import type { Source } from './sqlift/adapter';
import type { Figures } from './measure';

/** A data set as contestants get it. */
export interface PreparedSet {
  name: string;
  file: string;
  /** What sqlift's unedited plan makes of it. */
  catalog: Source['catalog'];
  mapping: Source['mapping'];
  /** Of each source table, counted by SQLite. */
  rows: ReadonlyMap<string, number>;
  /** Files of PostgreSQL's binary COPY with the same rows, by table; made when they are first asked for. */
  ready: () => Promise<ReadonlyMap<string, string>>;
}

/** Where a contestant runs: a fresh database, and a folder of its own. */
export interface Arena {
  set: PreparedSet;
  url: string;
  scratch: string;
  servers: BenchServers;
}

export interface Contestant {
  /** As `--only` names it. */
  name: string;
  /** What PostgreSQL alone takes, sqlift itself, another tool. */
  kind: 'limit' | 'own' | 'peer';
  /** Takes part where nothing is said about who does: the others take minutes. */
  quick: boolean;
  /** What it does, for the page. */
  title: string;
  /** The contestant that it is measured by: the same work at the speed of PostgreSQL alone, or, for verification, the load. */
  against?: string;
  /** Keys, indexes and foreign keys are part of its work: without them a run does not count. */
  keys: boolean;
  /** What it does not do, or not within the time that is measured, whatever the data. */
  without: readonly string[];
  /** Its version, or undefined where it is not installed. */
  version: () => string | undefined;
  /** What has to be there before, whose time does not count. */
  prepare?: (arena: Arena) => Promise<void>;
  run: (arena: Arena) => Promise<Figures>;
}
