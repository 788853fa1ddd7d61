import { SqliftError } from '../errors';
import type { PlanField } from '../plan';
import type { RowView } from '../row';
import { compileCell, Refused } from './cell';
import type { Property, RefusedEntry } from './entry';
import type { FeedColumn } from './feed';
import { listItems } from './list';
import { columnOf } from './columns';
import { fillTemplate, parseTemplate } from './template';
import { textOf } from './value';
import type { Value } from './value';

/** A cell that keeps its row out. It is thrown, and caught by `compileFeed`, so that what makes entries reads plainly. */
export class RowRefused extends Error {
  constructor(
    readonly reason: RefusedEntry['reason'],
    readonly column?: string,
  ) {
    super(reason);
  }
}

export type ReadCell<T> = (row: RowView) => T;

/** Readings of a feed's cells, compiled once. Each throws RowRefused for a cell that keeps its row out. */
export class FeedCells {
  constructor(private readonly columns: readonly FeedColumn[]) {}

  /** The value of a column. */
  value(name: string): ReadCell<Value> {
    const read = compileCell(this.#column(name));
    return (row) => {
      const value = read(row);
      if (value instanceof Refused) throw new RowRefused(value.reason, name);
      return value;
    };
  }

  /** The values of columns that make an id, none of them NULL. */
  key(names: readonly string[]): ReadCell<Value[]> {
    const readers = names.map((name) => this.value(name));
    return (row) =>
      readers.map((read, i) => {
        const value = read(row);
        if (value === null) throw new RowRefused('NULL in its id', names[i]);
        return value;
      });
  }

  /** A template with its columns filled in; `ofNull` is why a row is refused in which one of them is NULL. */
  text(template: string, ofNull: RefusedEntry['reason'] = 'NULL in its id'): ReadCell<string> {
    const parsed = parseTemplate(template)!;
    const readers = parsed.columns.map((name) => this.value(name));
    return (row) =>
      fillTemplate(parsed, (column, i) => {
        const filled = textOf(readers[i]!(row));
        if (filled === undefined) throw new RowRefused(ofNull, column);
        return filled;
      })!;
  }

  /** Values by their names in the store. NULLs are left out. Default: every column but `without`, by its name in the target. */
  fields(
    planned: Readonly<Record<string, PlanField>> | undefined,
    without: readonly string[] = [],
  ): ReadCell<Record<string, Property>> {
    const readers = fieldsOf({ columns: this.columns }, planned, without).map(({ name, column, list }) => {
      const read = this.value(column);
      return { name, read: list ? (row: RowView) => listOf(read(row), column) : read };
    });
    return (row) => {
      const values: Record<string, Property> = {};
      for (const { name, read } of readers) {
        const value = read(row);
        if (value !== null) values[name] = value;
      }
      return values;
    };
  }

  #column(name: string): FeedColumn {
    const column = this.columns.find(({ source }) => source === name);
    // Resolving the plan has looked.
    if (column === undefined) throw new SqliftError('Internal', `no column ${name}`);
    return column;
  }
}

/** Which columns become fields, by their names in the store. */
export function fieldsOf(
  { columns }: { columns: readonly FeedColumn[] },
  planned: Readonly<Record<string, PlanField>> | undefined,
  without: readonly string[] = [],
): { name: string; column: string; list: boolean }[] {
  if (planned === undefined)
    return columns
      .filter(({ source }) => !without.includes(source))
      .map(({ source, target }) => ({ name: target, column: source, list: false }));
  return Object.entries(planned).map(([name, field]) => ({
    name,
    column: columnOf(field),
    list: typeof field !== 'string' && field.list === true,
  }));
}

/** The items of a JSON array: texts, numbers, true and false. */
function listOf(value: Value, column: string): Property {
  if (value === null) return null;
  const text = typeof value === 'object' && 'type' in value && value.type === 'json' ? value.text : value;
  if (typeof text !== 'string') throw new RowRefused('not a list', column);
  const items = listItems(text);
  if (items === undefined) throw new RowRefused('not a list', column);
  return items;
}
