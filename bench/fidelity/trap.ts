import type Database from 'better-sqlite3';
import type { Target } from './oracle/target';

/** What did not arrive as it was. */
export interface Finding {
  /** `lost`: it is not there; `changed`: something else is there. */
  kind: 'lost' | 'changed';
  /** For a person. */
  what: string;
  about: 'rows' | 'column' | 'object';
  /** What a report has to name for this to be declared: each of them, or of a list any one. */
  names: (string | string[])[];
  /** Rows that are missing from a table. */
  rows?: { table: string; count: number };
}

/** What an oracle looks at: the source as it is, and the target that a tool has left. */
export interface Case {
  source: Database.Database;
  target: Target;
}

export type Judge = (at: Case) => Promise<Finding[]>;

/** One small SQLite database with one surprise in it. */
export interface Trap {
  id: string;
  title: string;
  /** Makes the database; `file` is its path, for what only the file system can do to it. */
  build: (db: Database.Database, file: string) => void;
  /** For what has to be done to the file while the database is open, and after it is closed. */
  whileOpen?: (file: string) => void;
  afterwards?: (file: string) => void;
  judge: Judge;
}

/** A trap whose database is made by SQL. */
export function trap(id: string, title: string, build: string | Trap['build'], ...judges: Judge[]): Trap {
  return {
    id,
    title,
    build: typeof build === 'string' ? (db) => void db.exec(build) : build,
    judge: async (at) => (await inTurn(judges, (judge) => judge(at))).flat(),
  };
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}
