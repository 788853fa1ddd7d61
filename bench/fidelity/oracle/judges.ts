import type { Case, Finding, Judge } from '../trap';
import { identity, quote, readSource, show } from './cell';
import type { Cell } from './cell';
import { holds } from './meaning';
import type { Column, Relation } from './target';

/** At most so many findings of one table are told. */
const ENOUGH = 5;

/**
 * Every row of these tables is there, each cell holding what SQLite held, and no other row; and what SQLite kept apart can still be told
 * apart. Rows are found by the key `id` where there is one.
 */
export function rows(...tables: string[]): Judge {
  return async (at) => {
    const findings: Finding[] = [];
    for (const table of tables) findings.push(...(await judgeTable(at, table)));
    return findings;
  };
}

async function judgeTable({ source, target }: Case, table: string): Promise<Finding[]> {
  const { columns, rows: cells } = readSource(source, table);
  const relation = target.table(table);
  if (relation === undefined)
    return [
      {
        kind: 'lost',
        what: `table ${table} with ${cells.length} rows is not there`,
        about: 'rows',
        names: [table],
        rows: { table, count: Math.max(cells.length, 1) },
      },
    ];
  const places = columns.map((column) => target.columns(table, relation, column));
  const missing = columns.filter((_, i) => places[i]!.length === 0);
  const there = await target.rows(relation, places.flat());
  const width = places.map((list) => list.length);
  const naive = columns.map((_, i) => !cells.some((row) => hasZone(row[i]!)));
  const matches = matcher(places, naive, (i) => target.tagged(table, columns[i]!));
  const findings: Finding[] = missing.map((column) => ({
    kind: 'lost',
    what: `column ${table}.${column} is not there`,
    about: 'column',
    names: [table, column],
  }));
  const split = there.map((row) => {
    let from = 0;
    return width.map((n) => row.slice(from, (from += n)));
  });
  const key = columns.findIndex((column, i) => column.toLowerCase() === 'id' && places[i]!.length > 0);
  let lost = 0;
  const left = [...split];
  for (const row of cells) {
    const same = (other: (string | null)[][]) => row.every((cell, i) => width[i] === 0 || matches(i, cell, other[i]!));
    let found = left.findIndex(same);
    if (found < 0 && key >= 0 && row[key]!.storage !== 'null')
      found = left.findIndex((other) => matches(key, row[key]!, other[key]!));
    if (found < 0) {
      lost++;
      continue;
    }
    const [other] = left.splice(found, 1);
    row.forEach((cell, i) => {
      if (width[i] === 0 || matches(i, cell, other![i]!)) return;
      const value = other![i]!.find((text) => text !== null) ?? null;
      findings.push({
        kind: value === null ? 'lost' : 'changed',
        what: `${table}.${columns[i]}: ${show(cell)} became ${value === null ? 'NULL' : JSON.stringify(value.slice(0, 40))}`,
        about: 'column',
        names: [table, columns[i]!],
      });
    });
  }
  if (lost > 0)
    findings.push({
      kind: 'lost',
      what: `${lost} of ${cells.length} rows of ${table} are not there`,
      about: 'rows',
      names: [table],
      rows: { table, count: lost },
    });
  if (left.length > 0)
    findings.push({
      kind: 'changed',
      what: `${left.length} rows of ${table} are nobody's`,
      about: 'rows',
      names: [table],
    });
  findings.push(...confused(table, columns, cells, places));
  return findings.slice(0, ENOUGH + missing.length);
}

/** Whether a cell is the text of a time with a zone. */
function hasZone(cell: Cell): boolean {
  return cell.storage === 'text' && /^\d{4}-\d\d-\d\d[T ].*(Z|[+-]\d\d:?\d\d)$/.test(cell.bytes.toString('utf8'));
}

/** Whether one of the columns that a source column became holds a cell, and the others hold nothing. */
function matcher(places: readonly Column[][], naive: readonly boolean[], tagged: (i: number) => boolean) {
  return (i: number, cell: Cell, texts: readonly (string | null)[]): boolean => {
    if (cell.storage === 'null') return texts.every((text) => text === null);
    return texts.some((text, at) => holds(cell, places[i]![at]!.type, text, tagged(i), naive[i]!));
  };
}

/** Values that SQLite keeps apart by their storage class, in one column that has only one form for both: 42 and '42' in text. */
function confused(table: string, columns: string[], cells: Cell[][], places: readonly Column[][]): Finding[] {
  return columns.flatMap((column, i): Finding[] => {
    const [only, ...others] = places[i]!;
    if (only === undefined || others.length > 0 || !/^(text|character varying|numeric)/.test(only.type)) return [];
    const forms = new Map<string, string>();
    for (const row of cells) {
      const cell = row[i]!;
      if (cell.storage !== 'integer' && cell.storage !== 'real' && cell.storage !== 'text') continue;
      const form = cell.storage === 'text' ? cell.bytes.toString('utf8') : identity(cell).slice('number '.length);
      const first = forms.get(form);
      if (first !== undefined && first !== identity(cell))
        return [
          {
            kind: 'changed',
            what: `${table}.${column}: number and text ${form} can no longer be told apart`,
            about: 'column',
            names: [table, column],
          },
        ];
      forms.set(form, identity(cell));
    }
    return [];
  });
}

const object = (kind: Finding['kind'], what: string, names: Finding['names']): Finding[] => [
  { kind, what, about: 'object', names },
];

/** The target refuses such a row with one of these SQLSTATEs, as SQLite does. Says nothing where the table itself is missing. */
export function refuses(
  table: string,
  row: Record<string, string | null>,
  states: string,
  names: Finding['names'],
  what: string,
): Judge {
  return async ({ target }) => {
    if (target.table(table) === undefined) return [];
    const result = await target.insert(table, row);
    return typeof result === 'string' && states.split(' ').includes(result)
      ? []
      : object('lost', `${what} does not hold`, names);
  };
}

/** The target takes such a row, as SQLite does. */
export function accepts(
  table: string,
  row: Record<string, string | null>,
  names: Finding['names'],
  what: string,
): Judge {
  return async ({ target }) => {
    if (target.table(table) === undefined) return [];
    const result = await target.insert(table, row);
    return typeof result === 'string' ? object('changed', `${what} (SQLSTATE ${result})`, names) : [];
  };
}

/** A row that is inserted without the column gets such a value in it. */
export function defaults(
  table: string,
  column: string,
  expected: RegExp | null,
  row: Record<string, string | null> = { id: '1000' },
): Judge {
  return async ({ target }) => {
    const relation = target.table(table);
    const place = relation === undefined ? undefined : target.columns(table, relation, column)[0];
    if (place === undefined) return [];
    const made = await target.insert(table, row);
    const value = typeof made === 'object' ? (made[place.name] ?? null) : null;
    if (expected === null ? value === null : value !== null && expected.test(value)) return [];
    return object(value === null ? 'lost' : 'changed', `default of ${table}.${column} gives ${value ?? 'NULL'}`, [
      table,
      column,
    ]);
  };
}

/** The target has a view with the same rows as the source's. */
export function view(name: string): Judge {
  return async ({ source, target }) => {
    const relation = target.table(name, 'view');
    if (relation === undefined) return object('lost', `view ${name} is not there`, [name]);
    const cells = readSource(source, name).rows;
    const left = await target.rows(relation, relation.columns);
    for (const row of cells) {
      const at = left.findIndex((texts) =>
        row.every((cell, i) => holds(cell, relation.columns[i]?.type ?? '', texts[i] ?? null)),
      );
      if (at < 0) return object('changed', `view ${name} gives other rows`, [name]);
      left.splice(at, 1);
    }
    return left.length === 0 ? [] : object('changed', `view ${name} gives other rows`, [name]);
  };
}

/** These tables of the source are inner storage: none of them is in the target as if it were data. */
export function noShadows(...tables: string[]): Judge {
  return ({ target }) => {
    const there = target.relations.filter(({ name }) => tables.includes(name)).map(({ name }) => name);
    return Promise.resolve(
      there.length === 0 ? [] : object('changed', `inner storage ${there.join(', ')} was moved as tables`, there),
    );
  };
}

/** Some column of the target holds the rowids of a table that has no other key. */
export function rowids(table: string): Judge {
  return async ({ source, target }) => {
    const relation = target.table(table);
    if (relation === undefined) return [];
    const rowids = source
      .prepare(`SELECT rowid FROM ${quote(table)}`)
      .pluck()
      .all() as number[];
    const there = await target.rows(relation, relation.columns);
    const found = relation.columns.some((_, i) => {
      const values = new Set(there.map((row) => row[i]));
      return values.size === rowids.length && rowids.every((rowid) => values.has(String(rowid)));
    });
    return found ? [] : object('lost', `rowids of ${table} are not there`, [table, ['rowid', 'rowids']]);
  };
}

/** Only a report can carry this: it must name it. */
export function named(what: string, ...names: (string | string[])[]): Judge {
  return () => Promise.resolve(object('lost', what, names));
}

/** An index that speeds up such a search is there, or named. */
export function index(table: string, name: string, definition: RegExp): Judge {
  return async ({ target }) => {
    const relation = target.table(table);
    if (relation === undefined) return [];
    const there = await target.sql(
      `SELECT pg_get_indexdef(i.indexrelid) AS sql FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
      [relation.schema, relation.name],
    );
    if (there.some(({ sql }) => definition.test(sql!.replaceAll('"', '')))) return [];
    return object('lost', `index ${name} is not there`, [name]);
  };
}

/**
 * A full-text index of the target, on a column or on an expression, finds for each of these words as many rows as the source's MATCH, and
 * more than none.
 */
export function fullText(table: string, name: string, words: readonly string[]): Judge {
  return async ({ source, target }) => {
    const relation = target.table(table);
    if (relation === undefined) return [];
    const place = `${quote(relation.schema)}.${quote(relation.name)}`;
    const there = await target.sql(
      `SELECT pg_get_indexdef(i.indexrelid, 1, false) AS key FROM pg_index i JOIN pg_opclass o ON o.oid = i.indclass[0]
       WHERE i.indrelid = $1::regclass AND o.opcintype = 'tsvector'::regtype AND i.indpred IS NULL`,
      [place],
    );
    const match = source.prepare(`SELECT count(*) FROM ${quote(name)} WHERE ${quote(name)} MATCH ?`).pluck();
    const expected = words.map((word) => String(match.get(word)));
    for (const { key } of there) {
      const found = await target.sql(
        `SELECT (SELECT count(*) FROM ${place} WHERE (${key}) @@ plainto_tsquery('simple', word)) AS n
         FROM unnest($1::text[]) WITH ORDINALITY AS u(word, at) ORDER BY at`,
        [words],
      );
      if (found.every(({ n }, i) => n === expected[i] && n !== '0')) return [];
    }
    return object('lost', `index ${name} is not there`, [name]);
  };
}

/** The foreign key is there, with its actions. */
export function foreignKey(table: string, definition: RegExp, names: Finding['names']): Judge {
  return async ({ target }) => {
    const relation = target.table(table);
    if (relation === undefined) return [];
    const there = await target.sql(
      `SELECT pg_get_constraintdef(k.oid) AS sql FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE k.contype = 'f' AND n.nspname = $1 AND c.relname = $2`,
      [relation.schema, relation.name],
    );
    if (there.some(({ sql }) => definition.test(sql!.replaceAll('"', '')))) return [];
    return object('lost', `foreign key of ${table} is not there`, names);
  };
}

/** Each of these texts is in a table, or column, of its own: no two were made one. */
export function apart(kind: 'table' | 'column', marks: Readonly<Record<string, string>>): Judge {
  return async ({ target }) => {
    const findings: Finding[] = [];
    const taken = new Map<string, string>();
    for (const [name, mark] of Object.entries(marks)) {
      const [place] = await target.holding(mark);
      if (place === undefined) {
        findings.push({
          kind: 'lost',
          what: `what ${kind} ${JSON.stringify(name)} held is not there`,
          about: 'rows',
          names: [name],
        });
        continue;
      }
      const id = kind === 'table' ? `${place.relation.schema}.${place.relation.name}` : place.column;
      const other = taken.get(id);
      if (other !== undefined)
        findings.push({
          kind: 'changed',
          what: `${kind}s ${JSON.stringify(other)} and ${JSON.stringify(name)} became one`,
          about: 'rows',
          names: [name],
        });
      taken.set(id, name);
    }
    return findings;
  };
}

/** What the next row that is inserted without an id gets. */
export function nextId(table: string, expected: string, row: Record<string, string | null> = {}): Judge {
  return async ({ source, target }) => {
    const relation = target.table(table);
    if (relation === undefined) return [];
    const { name } = target.columns(table, relation, 'id')[0] ?? {};
    const made = await target.insert(table, row);
    const id = typeof made === 'object' && name !== undefined ? made[name] : undefined;
    if (id === expected) return [];
    const used = source
      .prepare(`SELECT max(id) FROM ${quote(table)}`)
      .pluck()
      .get();
    const what =
      id === undefined || id === null
        ? 'a row without an id is refused or gets none'
        : `the next id is ${id}, with ids up to ${used as number}`;
    return object('lost', `${table}: ${what}`, [table, ['id', 'sequence', 'identity']]);
  };
}

export type { Relation };
