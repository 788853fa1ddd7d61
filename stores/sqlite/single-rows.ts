import type { Database, Statement } from 'better-sqlite3';
import type { SourceTable } from '../../core/source';
import { expressionFailure } from './check-shape';
import { codeOf } from './failures';
import { cellSql } from './shape-sql';

/** What a row holds, and which of its computed columns fail in it: these are NULL in `values`. */
export interface SingleRow<Row> {
  /** Absent when the plan's condition leaves the row out. */
  values: Row | undefined;
  failing: readonly number[];
}

/** Reads rows one at a time, by rowid, to find out which of a plan's expressions fail in them. */
export class SingleRows<Row> {
  /** By the columns that are left out of them. */
  readonly #statements = new Map<string, Statement<[bigint], Row>>();

  /** @param select SQL of one row with these cells, by the rowid as its parameter; whether the plan's condition counts */
  constructor(
    private readonly db: Database,
    private readonly table: SourceTable,
    private readonly select: (cells: readonly string[], conditions: boolean) => string,
  ) {}

  /** @throws SqliftError PlanInvalid when the condition itself fails; the driver's error for everything else */
  read(id: bigint): SingleRow<Row> {
    try {
      return { values: this.#statement([]).get(id), failing: [] };
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_ERROR') throw error;
    }
    const failing = this.#failingIn(id);
    try {
      return { values: this.#statement(failing).get(id), failing };
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_ERROR') throw error;
      throw expressionFailure(this.table, undefined, (error as Error).message);
    }
  }

  #failingIn(id: bigint): number[] {
    return [...this.table.columns.entries()].flatMap(([position, column]) => {
      if (column.value === undefined) return [];
      try {
        this.db.prepare<[bigint]>(this.select([cellSql(column)], false)).get(id);
        return [];
      } catch (error) {
        if (codeOf(error) !== 'SQLITE_ERROR') throw error;
        return [position];
      }
    });
  }

  #statement(failing: readonly number[]): Statement<[bigint], Row> {
    const key = failing.join();
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      const cells = this.table.columns.map((column, i) => (failing.includes(i) ? 'NULL' : cellSql(column)));
      statement = this.db.prepare<[bigint], Row>(this.select(cells, true)).raw();
      this.#statements.set(key, statement);
    }
    return statement;
  }
}
