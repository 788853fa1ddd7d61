import type { ColumnMapping, TargetType } from '../../core/mapping';
import { keySteps } from '../../stores/postgres/ddl';
import { camelCase, Identifiers, pascalCase } from './identifiers';
import { provenanceLines } from './provenance';
import { relationsOf } from './relations';
import type { Naming, Relation } from './relations';
import { columnsOf, uniqueColumns } from './target';
import type { ArtefactFile, Provenance, Target, TargetForeignKey, TargetIndex, TargetKey, TargetTable } from './target';
import { escapeLine } from './typescript';

/** The schema for Prisma 7, one file. What Prisma does not know is a comment at its place. */
export function prismaArtefact(target: Target, provenance: Provenance): ArtefactFile[] {
  const names = prismaNames(target);
  const relations = relationsOf(target, names);
  const blocks = [
    provenanceLines(provenance)
      .map((line) => `// ${line}`)
      .join('\n'),
    'generator client {\n  provider = "prisma-client"\n  output   = "./generated"\n}',
    `datasource db {\n  provider = "postgresql"\n  schemas  = [${target.schemas.map(literal).join(', ')}]\n}`,
    ...target.tables.map((table) => modelText(table, relations, names)),
    ...target.views.map(
      ({ schema, target: name }) => `// ${escapeLine(`View ${schema}.${name}: ask it by $queryRaw.`)}`,
    ),
  ];
  return [{ path: 'schema.prisma', text: `${blocks.join('\n\n')}\n` }];
}

/** Names that models cannot have: Prisma's own types, and what its client exports. */
const RESERVED = 'String Boolean Int BigInt Float Decimal DateTime Json Bytes Unsupported Prisma PrismaClient'.split(
  ' ',
);

/** Prisma's names are letters, digits and underscores of ASCII: accents go, and everything else that is not ASCII. */
const ascii = (name: string): string => name.normalize('NFKD').replaceAll(/[^\x20-\x7e]/g, '');

const startingWithLetter = (name: string, letter: string): string => (/^[A-Za-z]/.test(name) ? name : letter + name);

function prismaNames({ tables }: Target): Naming {
  const pascal = (name: string) => startingWithLetter(pascalCase(ascii(name), 'Table'), 'T');
  const camel = (name: string) => startingWithLetter(camelCase(ascii(name), 'column'), 'c');
  const taken = new Identifiers(RESERVED);
  const models = new Map(tables.map((table) => [table, taken.take(pascal(table.name), 'Table')]));
  const fields = new Map(
    tables.map((table) => {
      const own = new Identifiers();
      return [table, new Map(table.columns.map(({ target }) => [target, own.take(camel(target))]))];
    }),
  );
  return { table: (table) => models.get(table)!, columns: (table) => fields.get(table)!, camel, pascal };
}

/** A field or attribute of a model: name, type and attributes are aligned, as `prisma format` does. */
interface Field {
  comments: string[];
  name: string;
  type: string;
  attributes: string[];
}

function modelText(table: TargetTable, relations: readonly Relation[], names: Naming): string {
  const fields = [
    ...table.columns.map((column) => columnField(table, column, names)),
    ...relations.filter(({ child }) => child === table).map((relation) => forwardField(relation, names)),
    ...relations.filter(({ parent }) => parent === table).map((relation) => backField(relation, names)),
  ];
  const attributes = [
    ...keyAttributes(table, names),
    `@@map(${literal(table.name)})`,
    `@@schema(${literal(table.schema)})`,
  ];
  const unsayable = table.indexes.filter((index) => !isSayable(index)).map(({ name }) => name);
  const comments = [
    ...(isIgnored(table)
      ? ['Without a key of columns that are never NULL, Prisma cannot tell rows apart: not in the client.']
      : []),
    ...keySteps(table.mapping, { schema: table.schema, table: table.name })
      .filter(({ object, kind }) => kind === 'index' && unsayable.includes(object))
      .map(({ sql }) => `In the database: ${sql}`),
    ...table.checks.map(({ name, sql }) => `In the database: CONSTRAINT ${name} CHECK (${sql})`),
  ];
  return [
    ...comments.map((line) => `/// ${escapeLine(line)}`),
    `model ${names.table(table)} {`,
    ...aligned(fields),
    '',
    ...(isIgnored(table) ? ['@@ignore', ...attributes] : attributes).map((line) => `  ${line}`),
    '}',
  ].join('\n');
}

function aligned(fields: readonly Field[]): string[] {
  const nameWidth = Math.max(...fields.map(({ name }) => name.length));
  const typeWidth = Math.max(...fields.map(({ type }) => type.length));
  return fields.flatMap(({ comments, name, type, attributes }) => [
    ...comments.map((line) => `  /// ${escapeLine(line)}`),
    `  ${name.padEnd(nameWidth)} ${type.padEnd(typeWidth)} ${attributes.join(' ')}`.trimEnd(),
  ]);
}

function columnField(table: TargetTable, column: ColumnMapping, names: Naming): Field {
  const name = names.columns(table).get(column.target)!;
  const { scalar, native } = prismaType(column.type);
  const value = column.generated ?? column.default;
  const key = table.primaryKey;
  const isKey = key !== undefined && key.columns.length === 1 && key.columns[0] === column;
  return {
    comments: [
      ...(column.collation === undefined ? [] : [`In the database COLLATE ${literal(column.collation)}.`]),
      ...(column.generated === undefined ? [] : ['PostgreSQL computes it: never write it.']),
    ],
    name,
    type: column.notNull ? scalar : `${scalar}?`,
    attributes: [
      ...(isKey ? [`@id(map: ${literal(key.name)})`] : []),
      ...(column.identity ? ['@default(autoincrement())'] : []),
      ...(value === undefined ? [] : [`@default(dbgenerated(${literal(value)}))`]),
      ...(name === column.target ? [] : [`@map(${literal(column.target)})`]),
      ...(native === undefined ? [] : [`@db.${native}`]),
    ],
  };
}

function prismaType({ name, length, precision, scale }: TargetType): { scalar: string; native?: string } {
  switch (name) {
    case 'bigint':
      return { scalar: 'BigInt' };
    case 'integer':
      return { scalar: 'Int' };
    case 'smallint':
      return { scalar: 'Int', native: 'SmallInt' };
    case 'double precision':
      return { scalar: 'Float' };
    case 'numeric':
      return { scalar: 'Decimal', native: precision === undefined ? 'Decimal' : `Decimal(${precision}, ${scale})` };
    case 'boolean':
      return { scalar: 'Boolean' };
    case 'text':
      return { scalar: 'String' };
    case 'varchar':
      return { scalar: 'String', native: `VarChar(${length})` };
    case 'uuid':
      return { scalar: 'String', native: 'Uuid' };
    case 'bytea':
      return { scalar: 'Bytes' };
    case 'date':
      return { scalar: 'DateTime', native: 'Date' };
    case 'timestamp':
      return { scalar: 'DateTime', native: 'Timestamp(6)' };
    case 'timestamptz':
      return { scalar: 'DateTime', native: 'Timestamptz(6)' };
    case 'json':
      return { scalar: 'Json', native: 'Json' };
    case 'jsonb':
      return { scalar: 'Json' };
  }
}

function keyAttributes(table: TargetTable, names: Naming): string[] {
  const list = (key: TargetKey) => fieldList(table, key.columns, names);
  const key = table.primaryKey;
  return [
    ...(key !== undefined && key.columns.length > 1 ? [`@@id(${list(key)}, map: ${literal(key.name)})`] : []),
    ...table.unique.map((unique) => `@@unique(${list(unique)}, map: ${literal(unique.name)})`),
    ...table.indexes.filter(isSayable).map(({ name, unique, using, parts }) => {
      const columns = parts.flatMap((part) => {
        if (!('column' in part)) return [];
        return [`${names.columns(table).get(part.column.target)}${part.descending ? '(sort: Desc)' : ''}`];
      });
      const type = using === 'hash' ? ', type: Hash' : '';
      return `@@${unique ? 'unique' : 'index'}([${columns.join(', ')}], map: ${literal(name)}${type})`;
    }),
  ];
}

function forwardField({ key, child, parent, name, forward }: Relation, names: Naming): Field {
  const optional = key.columns.some((column) => !column.notNull);
  const options = [
    ...(name === undefined ? [] : [literal(name)]),
    `fields: ${fieldList(child, key.columns, names)}`,
    `references: ${fieldList(parent, key.parentColumns, names)}`,
    `onDelete: ${action(key.onDelete)}`,
    `onUpdate: ${action(key.onUpdate)}`,
    `map: ${literal(key.name)}`,
  ];
  return {
    comments: foreignKeyNotes(key),
    name: forward,
    type: `${names.table(parent)}${optional ? '?' : ''}`,
    attributes: [`@relation(${options.join(', ')})`, ...ignoredBeside(child, parent)],
  };
}

function backField({ child, parent, name, back, toOne }: Relation, names: Naming): Field {
  return {
    comments: [],
    name: back,
    type: `${names.table(child)}${toOne ? '?' : '[]'}`,
    attributes: [...(name === undefined ? [] : [`@relation(${literal(name)})`]), ...ignoredBeside(parent, child)],
  };
}

/** What is visible may not lead to what is ignored without saying so. */
const ignoredBeside = (table: TargetTable, other: TargetTable): string[] =>
  !isIgnored(table) && isIgnored(other) ? ['@ignore'] : [];

function isIgnored(table: TargetTable): boolean {
  return !uniqueColumns(table).some((columns) => columns.every(({ notNull }) => notNull));
}

/** Prisma has no partial indexes and none on expressions; of other methods it wants to know operator classes that we do not name. */
function isSayable(index: TargetIndex): boolean {
  const { using, where } = index;
  return where === undefined && columnsOf(index) !== undefined && (using === 'btree' || using === 'hash');
}

function foreignKeyNotes({ deferred, validated }: TargetForeignKey): string[] {
  return [
    ...(deferred ? ['In the database DEFERRABLE INITIALLY DEFERRED.'] : []),
    ...(validated ? [] : ['In the database NOT VALID: rows from before may violate it.']),
  ];
}

function fieldList(table: TargetTable, columns: readonly ColumnMapping[], names: Naming): string {
  return `[${columns.map(({ target }) => names.columns(table).get(target)).join(', ')}]`;
}

/** `SET NULL` is SetNull. */
const action = (sql: string): string => pascalCase(sql.toLowerCase(), '');

/** A string of Prisma's: JSON's escapes without \\b and \\f. */
function literal(text: string): string {
  const spelt: Record<string, string> = { '\\b': '\\u0008', '\\f': '\\u000c' };
  return JSON.stringify(text).replaceAll(/\\./g, (escape) => spelt[escape] ?? escape);
}
