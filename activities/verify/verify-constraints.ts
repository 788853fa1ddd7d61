import type { Pool } from 'pg';
import type { TableMapping } from '../../core/mapping';
import { typeSql } from '../../core/mapping';
import type { Difference } from '../../core/run';
import { qualified, quoteIdent } from '../../stores/postgres/names';
import { ReadBack } from '../../stores/postgres/read-back';
import type { TargetPlace } from '../../stores/postgres/names';
import { readFacts } from './catalog-facts';
import type { CatalogFacts } from './catalog-facts';
import { Findings } from './findings';

export interface VerifyConstraintsInput {
  location: TargetPlace;
  mapping: TableMapping;
  /** All tables of the source, to resolve what foreign keys refer to. */
  tables: readonly TableMapping[];
  /** Where another table of the source is now. */
  locate: (table: TableMapping) => TargetPlace;
  /** Names of keys, indexes and foreign keys that PostgreSQL refused and that are reported as not carried. */
  refused?: ReadonlySet<string>;
}

/** Tables whose catalog entries are read at once, in one transaction. */
const TOGETHER = 25;

/**
 * Compares what the mappings promise of tables, besides their rows, with what the target's catalog and data say: columns with their
 * types, NOT NULL, defaults and identity; primary key, unique constraints, indexes, checks, generated columns and foreign keys; sequences past the largest key; no
 * row without a parent under a foreign key that says it is valid. By structure; checks and indexes with expressions or a
 * predicate also by name, since PostgreSQL spells them in its own way. Gives the findings for each table, in their order.
 */
export async function verifyConstraints(
  target: Pool,
  tables: readonly VerifyConstraintsInput[],
  onTable: (table: string) => void = () => {},
): Promise<{ differences: Difference[]; differenceCount: number }[]> {
  const found: { differences: Difference[]; differenceCount: number }[] = [];
  for (let at = 0; at < tables.length; at += TOGETHER) {
    const back = await ReadBack.open(target);
    try {
      const some = tables.slice(at, at + TOGETHER);
      const facts = await readFacts(
        back,
        some.map(({ location }) => location),
      );
      for (const [i, input] of some.entries()) {
        onTable(input.mapping.table);
        const findings = new Findings(input.mapping);
        await new Check(back, input, facts[i]!, findings).all();
        found.push({ differences: findings.kept, differenceCount: findings.count });
      }
    } finally {
      await back.close();
    }
  }
  return found;
}

const SPELLED: Readonly<Record<string, string>> = {
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
};

interface WantedIndex {
  primary?: boolean;
  unique?: boolean;
  partial?: boolean;
  name?: string;
  /** Access method. */
  method?: string;
}

class Check {
  readonly #place: [schema: string, table: string];

  constructor(
    private readonly back: ReadBack,
    private readonly input: VerifyConstraintsInput,
    private readonly facts: CatalogFacts,
    private readonly findings: Findings,
  ) {
    this.#place = [input.location.schema, input.location.table];
  }

  async all(): Promise<void> {
    this.#columns();
    this.#keys();
    this.#checks();
    await this.#foreignKeys();
    await this.#sequences();
  }

  #columns(): void {
    const actual = new Map(this.facts.columns.map((row) => [row[0]!, row]));
    for (const column of this.input.mapping.columns) {
      const [, type, notNull, hasDefault, identity, generated] = actual.get(column.target) ?? [];
      const sql = typeSql(column.type);
      const promised = SPELLED[sql] ?? sql.replace(/^varchar/, 'character varying');
      if (type !== promised) this.#lacks(column.target, `column of type ${promised}`, type ?? 'absent');
      else {
        if (column.notNull && notNull !== 't') this.#lacks(column.target, 'NOT NULL', 'NULL is allowed');
        if (column.default !== undefined && hasDefault !== 't')
          this.#lacks(column.target, `DEFAULT ${column.default}`, 'no default');
        if (column.generated !== undefined && generated !== 't')
          this.#lacks(column.target, `GENERATED ALWAYS AS (${column.generated})`, 'not generated');
        if (column.identity && identity !== 't') this.#lacks(column.target, 'identity', 'no identity');
      }
    }
  }

  #keys(): void {
    const { mapping } = this.input;
    const indexes = this.facts.indexes.map(([name, primary, unique, valid, partial, keys, method]) => ({
      name,
      primary: primary === 't',
      unique: unique === 't',
      valid: valid === 't',
      partial: partial === 't',
      keys: (JSON.parse(keys!) as string[]).map(plainKey),
      method,
    }));
    const has = (keys: string[], wanted: WantedIndex) =>
      indexes.some(
        (index) =>
          index.valid &&
          index.partial === (wanted.partial ?? false) &&
          (wanted.name === undefined || index.name === wanted.name) &&
          (wanted.method === undefined || index.method === wanted.method) &&
          (!wanted.primary || index.primary) &&
          (!wanted.unique || index.unique) &&
          index.keys.length === keys.length &&
          index.keys.every((key, i) => key === keys[i]),
      );
    const key = mapping.primaryKey;
    if (key !== undefined && this.#isMade(key.name) && !has(this.#targets(key.columns), { primary: true }))
      this.#lacks(key.name, `primary key (${key.columns.join(', ')})`);
    for (const { name, columns } of mapping.unique) {
      if (this.#isMade(name) && !has(this.#targets(columns), { unique: true }))
        this.#lacks(name, `unique (${columns.join(', ')})`);
    }
    for (const { name, unique = false, using = 'btree', columns, where } of mapping.indexes) {
      const suffix = (descending = false) => (descending ? ' DESC' : '');
      const keys = columns.map(
        ({ column, descending }) => (column === undefined ? '' : this.#targets([column])[0]!) + suffix(descending),
      );
      // PostgreSQL spells expressions in its own way: an index with some is told by its name.
      const isPlain = where === undefined && columns.every(({ column }) => column !== undefined);
      const wanted = { unique, partial: where !== undefined, ...(!isPlain && { name, method: using }) };
      const shown = columns.map(
        ({ column, expression, descending }) =>
          (column === undefined ? `(${expression})` : this.#targets([column])[0]!) + suffix(descending),
      );
      if (this.#isMade(name) && !has(keys, wanted))
        this.#lacks(
          name,
          `${unique ? 'unique ' : ''}${using === 'btree' ? '' : `${using} `}index (${shown.join(', ')})${where === undefined ? '' : ` WHERE ${where}`}`,
        );
    }
  }

  #checks(): void {
    for (const { name, sql, validate } of this.input.mapping.checks) {
      const found = this.facts.checks.find(([there]) => there === name);
      if (found === undefined) {
        if (this.#isMade(name)) this.#lacks(name, `CHECK (${sql})`);
      } else if (found[1] !== 't' && validate !== false && this.#isMade(name))
        this.#lacks(name, `CHECK (${sql})`, 'not validated');
    }
  }

  async #foreignKeys(): Promise<void> {
    const { mapping, tables, locate } = this.input;
    for (const foreignKey of mapping.foreignKeys) {
      const parent = tables.find((table) => table.table === foreignKey.references.table);
      if (parent === undefined || !this.#isMade(foreignKey.name)) continue;
      const place = locate(parent);
      const columns = this.#targets(foreignKey.columns);
      const parentColumns = targetsOf(parent, foreignKey.references.columns);
      const same = this.facts.foreignKeys.filter(
        ([own, schema, table, theirs]) =>
          schema === place.schema &&
          table === place.table &&
          own === JSON.stringify(columns) &&
          theirs === JSON.stringify(parentColumns),
      );
      const promise = `foreign key (${foreignKey.columns.join(', ')}) references ${parent.table} (${foreignKey.references.columns.join(', ')})`;
      const valid = same.some((row) => row[4] === 't');
      if (same.length === 0) this.#lacks(foreignKey.name, promise);
      else if (!valid && foreignKey.validate !== false) this.#lacks(foreignKey.name, promise, 'not validated');
      if (valid) await this.#orphans(foreignKey.name, promise, columns, place, parentColumns);
    }
  }

  async #orphans(
    name: string,
    promise: string,
    columns: string[],
    parent: TargetPlace,
    parentColumns: string[],
  ): Promise<void> {
    const match = columns.map((column, i) => `p.${quoteIdent(parentColumns[i]!)} = c.${quoteIdent(column)}`);
    const known = columns.map((column) => `c.${quoteIdent(column)} IS NOT NULL`);
    const [[orphans] = []] = await this.back.query(
      `SELECT count(*) FROM ${qualified(...this.#place)} AS c WHERE ${known.join(' AND ')}
          AND NOT EXISTS (SELECT FROM ${qualified(parent.schema, parent.table)} AS p WHERE ${match.join(' AND ')})`,
    );
    if (orphans !== '0')
      this.findings.add({ kind: 'orphan', column: name, expected: promise, found: `${orphans} rows without a parent` });
  }

  async #sequences(): Promise<void> {
    const { mapping } = this.input;
    for (const column of mapping.columns.filter((candidate) => candidate.identity)) {
      const sequence = this.facts.columns.find(([name]) => name === column.target)?.[6];
      // Without a sequence the column is no identity, which has been reported.
      if (sequence === null || sequence === undefined) continue;
      const [[next, largest] = []] = await this.back.query(
        `SELECT CASE WHEN s.is_called THEN s.last_value::numeric + q.seqincrement ELSE s.last_value END,
                (SELECT max(${quoteIdent(column.target)}) FROM ${qualified(...this.#place)})
           FROM ${sequence} AS s, pg_sequence AS q WHERE q.seqrelid = $1::regclass`,
        [sequence],
      );
      const used = [largest, column.source === mapping.origin.rowidAlias ? mapping.origin.sequence : undefined];
      // AUTOINCREMENT promises never to give a key again, even one whose row is gone.
      const least = used.reduce<bigint | undefined>((most, key) => {
        const value = key === null || key === undefined ? undefined : BigInt(key);
        return value === undefined || (most !== undefined && most >= value) ? most : value;
      }, undefined);
      if (least !== undefined && BigInt(next!) <= least) {
        this.findings.add({
          kind: 'sequence',
          column: column.source,
          expected: `next value above ${least}`,
          found: next!,
        });
      }
    }
  }

  #targets(columns: readonly string[]): string[] {
    return targetsOf(this.input.mapping, columns);
  }

  #isMade(name: string): boolean {
    return this.input.refused?.has(name) !== true;
  }

  #lacks(name: string, promised: string, found = 'absent'): void {
    this.findings.add({ kind: 'constraint', column: name, expected: promised, found });
  }
}

/** Target names of source columns. */
function targetsOf(mapping: TableMapping, columns: readonly string[]): string[] {
  return columns.map((name) => mapping.columns.find((column) => column.source === name)?.target ?? name);
}

/** A key column of an index as `pg_get_indexdef` prints it, without the quotes that it puts around some names. */
function plainKey(printed: string): string {
  const quoted = /^"((?:[^"]|"")*)"( DESC)?$/.exec(printed);
  return quoted === null ? printed : quoted[1]!.replaceAll('""', '"') + (quoted[2] ?? '');
}
