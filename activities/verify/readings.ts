import type { ColumnMapping, TargetType, TypeName } from '../../core/mapping';
import type { Meaning, SourceValue } from '../../core/meaning/meaning';
import { unholdable } from '../../core/meaning/meaning';
import { sourceMeaning } from '../../core/meaning/source';
import { targetMeaning } from '../../core/meaning/target';

/**
 * How the cells of a view's column are compared. A column of a table has a format in the plan; of a view only its type
 * in PostgreSQL is known, so each way in which the source's own columns of this type are read is a way to read it.
 */
export interface Reading {
  /** Tried in this order: the first that can hold a value says what it means. */
  source: ColumnMapping[];
  target: ColumnMapping;
}

/** Readings of all columns together that are tried at once. */
const MOST_COMBINATIONS = 16;

const NAMES: Readonly<Record<string, TypeName>> = {
  'character varying': 'varchar',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
};
const PLAIN = new Set<string>([
  'bigint',
  'integer',
  'smallint',
  'double precision',
  'boolean',
  'text',
  'bytea',
  'date',
  'uuid',
  'json',
  'jsonb',
  'numeric',
]);

/** The type that PostgreSQL's `format_type` prints; undefined for one that cells are not compared in. */
export function printedType(printed: string): TargetType | undefined {
  const [, name, first, second] = /^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?$/.exec(printed) ?? [];
  if (name === undefined) return undefined;
  const known = NAMES[name] ?? (PLAIN.has(name) ? (name as TypeName) : undefined);
  if (known === undefined) return undefined;
  // A length or precision says what fits, which PostgreSQL has seen to.
  return known === 'numeric' && first !== undefined
    ? { name: known, precision: Number(first), scale: Number(second ?? 0) }
    : { name: known };
}

/**
 * Every combination of readings of a view's columns; undefined when there are too many of them.
 *
 * @param types of the view's columns
 * @param columns all that the source moves
 */
export function combinations(types: readonly TargetType[], columns: readonly ColumnMapping[]): Reading[][] | undefined {
  let all: Reading[][] = [[]];
  for (const type of types) {
    const readings = readingsOf(type, columns);
    all = all.flatMap((before) => readings.map((reading) => [...before, reading]));
    if (all.length > MOST_COMBINATIONS) return undefined;
  }
  return all;
}

function readingsOf(type: TargetType, columns: readonly ColumnMapping[]): Reading[] {
  const same = distinct(columns.filter((column) => column.type.name === type.name).map((column) => bare(column, type)));
  const usual = bare({ affinity: 'text' } as ColumnMapping, type);
  switch (type.name) {
    case 'timestamp':
    case 'timestamptz': {
      // Texts, integers and reals exclude each other; two readings of the same storage class do not.
      const classes = [
        same.filter(({ format = 'iso' }) => format === 'iso'),
        same.filter(({ format = 'iso' }) => format !== 'iso' && format !== 'julian-day'),
        same.filter(({ format }) => format === 'julian-day'),
      ];
      let sources: ColumnMapping[][] = [[]];
      for (const candidates of classes.filter(({ length }) => length > 0))
        sources = sources.flatMap((before) => candidates.map((candidate) => [...before, candidate]));
      return sources.map((source) => ({ source: source.length === 0 ? [usual] : source, target: usual }));
    }
    case 'jsonb': {
      const both = same.some(({ format }) => format === 'tagged')
        ? same.some(({ format }) => format !== 'tagged')
          ? same
          : [...same, usual]
        : [usual];
      return both.map((column) => ({ source: [column], target: column }));
    }
    case 'text':
    case 'varchar': {
      // Numbers stand for themselves as text where a column of the source is moved so.
      const mixed = columns.find(
        (column) =>
          (column.type.name === 'text' || column.type.name === 'varchar') &&
          column.affinity !== 'text' &&
          column.affinity !== 'blob',
      );
      return [{ source: [mixed === undefined ? usual : { ...usual, affinity: 'numeric' }], target: usual }];
    }
    default:
      return [{ source: [...same, usual], target: usual }];
  }
}

/** What of a column says how its cells are read. */
function bare(column: ColumnMapping, type: TargetType): ColumnMapping {
  const { notNull: _, default: __, collation: ___, ...rest } = column;
  return { ...rest, source: '', target: '', index: 0, notNull: false, identity: false, type };
}

function distinct(columns: readonly ColumnMapping[]): ColumnMapping[] {
  const isText = (column: ColumnMapping) => column.type.name === 'text' || column.type.name === 'varchar';
  const found = new Map<string, ColumnMapping>();
  for (const column of columns) {
    const plain: ColumnMapping = isText(column) ? column : { ...column, affinity: 'text' };
    found.set(JSON.stringify(plain, Object.keys(plain).sort()), plain);
  }
  return [...found.values()];
}

/** What a source value means by a reading. */
export function readSource({ source }: Reading): (value: SourceValue) => Meaning {
  const reads = source.map(sourceMeaning);
  return (value) => {
    if (value === null) return null;
    const none = unholdable(value);
    for (const read of reads) {
      const meaning = read(value);
      if (meaning !== none) return meaning;
    }
    return none;
  };
}

/** What a cell of the target means by a reading. */
export function readTarget({ target }: Reading): (text: string | null) => Meaning {
  return targetMeaning(target);
}
