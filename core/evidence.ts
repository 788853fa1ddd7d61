/**
 * What one pass over a table found in each column: plain JSON, kept as an artifact of the run and summed up in comments of
 * the plan. All counts are exact except `json`, which says how many texts were looked at.
 */

export interface TableEvidence {
  table: string;
  rows: number;
  /** Rows that mark themselves as unreadable, by reason, in order of the reasons; they are in no other count. Absent when there are none. */
  refused?: Record<string, number>;
  /** In the order of the table's own columns. */
  columns: ColumnEvidence[];
}

export interface ColumnEvidence {
  column: string;
  nulls: number;
  integers: IntegerEvidence;
  reals: RealEvidence;
  texts: TextEvidence;
  blobs: BlobEvidence;
  /** At most three cells that do not fit the declared type, or for columns without one, the class of the first cell. */
  samples: Sample[];
  /** Where to find what is odd, whatever the declared type: at most three cells of each kind, in the order of the rows. */
  odd?: OddCells;
}

/** Only the kinds that were met. Classes are there when the column holds several of them, NULL apart. */
export interface OddCells {
  /** In a column that is declared NOT NULL or part of the primary key. */
  nulls?: Sample[];
  integers?: Sample[];
  reals?: Sample[];
  texts?: Sample[];
  blobs?: Sample[];
  /** Integers beyond ±2^53. */
  wide?: Sample[];
  nonFinite?: Sample[];
  withNul?: Sample[];
  invalidUtf8?: Sample[];
  /** Texts that are not what the column is declared to hold: no date, no JSON, no number … */
  misfits?: Sample[];
}

/** An integer as a number while a double holds it safely, as a decimal string beyond 2^53. */
export type Int64 = number | string;

export interface IntegerEvidence {
  count: number;
  min?: Int64;
  max?: Int64;
  /** How many are 0 or 1. */
  zeroOrOne: number;
  /** How many a double cannot hold exactly. */
  inexact: number;
  /** How many lie beyond ±2^53, where a double no longer counts by one; absent when none does. */
  wide?: number;
}

export interface RealEvidence {
  count: number;
  /** Of the finite ones. */
  min?: number;
  max?: number;
  /** How many are infinite: SQLite stores no NaN. */
  nonFinite: number;
  /** How many have no fraction and lie in the range of 64-bit integers. */
  integral: number;
  /** Most digits behind the point that one of them needs; 16 stands for 16 or more. */
  decimals: number;
}

export interface TextEvidence {
  count: number;
  minBytes?: number;
  maxBytes?: number;
  /** Characters (code points). */
  minLength?: number;
  maxLength?: number;
  empty: number;
  /** Texts that are no valid UTF-8; those of them with NUL bytes are counted in `withNul` instead. */
  invalidUtf8: number;
  withNul: number;
  /** `YYYY-MM-DD`. */
  dates: number;
  /** Accepted by `timestamp`: date and time without zone, and dates alone. */
  timestamps: number;
  /** Accepted by `timestamptz`: date, time and zone. */
  instants: number;
  /** true, false, yes, no, t, f, y, n, on, off, 1, 0 in any letter case. */
  booleans: number;
  /** `-?digits[.digits]`, of at most 64 characters. */
  decimals: { count: number; whole: number; fraction: number };
  /** Decimals without a point. */
  integers: number;
  uuids: number;
  /** `tested` of the texts were parsed: all of them in columns declared JSON, else those that begin like a container, up to a limit. */
  json: { tested: number; valid: number; forJsonb: number };
}

export interface BlobEvidence {
  count: number;
  maxBytes: number;
  /** How many have 16 bytes, as UUIDs do. */
  of16: number;
}

/** A cell to look at: `at` says where (rowid or primary key), `value` shows it. Neither has more than 80 characters. */
export interface Sample {
  at: string;
  value: string;
}

/** How many cells are not NULL. */
export function valuesOf({ integers, reals, texts, blobs }: ColumnEvidence): number {
  return integers.count + reals.count + texts.count + blobs.count;
}

/** Texts that no PostgreSQL text can hold. */
export function brokenTexts({ texts }: ColumnEvidence): number {
  return texts.invalidUtf8 + texts.withNul;
}

/** Evidence of a table of which nothing has been read. */
export function noEvidence(table: string, columns: readonly string[]): TableEvidence {
  return {
    table,
    rows: 0,
    columns: columns.map((column) => ({
      column,
      nulls: 0,
      integers: { count: 0, zeroOrOne: 0, inexact: 0 },
      reals: { count: 0, nonFinite: 0, integral: 0, decimals: 0 },
      texts: {
        count: 0,
        empty: 0,
        invalidUtf8: 0,
        withNul: 0,
        dates: 0,
        timestamps: 0,
        instants: 0,
        booleans: 0,
        decimals: { count: 0, whole: 0, fraction: 0 },
        integers: 0,
        uuids: 0,
        json: { tested: 0, valid: 0, forJsonb: 0 },
      },
      blobs: { count: 0, maxBytes: 0, of16: 0 },
      samples: [],
    })),
  };
}
