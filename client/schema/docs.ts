import { typeSql } from '../../core/mapping';
import type { ColumnMapping } from '../../core/mapping';
import type { SourceFormat } from '../../core/plan';
import { plural } from '../format';
import { fencedSql, markdownTable, markdownText } from '../report/markdown-text';
import { erDiagrams } from './mermaid';
import { provenanceLines } from './provenance';
import { fullName } from './target';
import type { ArtefactFile, Provenance, Target, TargetForeignKey, TargetTable } from './target';

/** The target as one Markdown page: a list of tables, diagrams, each table with its columns and keys, and what is not carried. */
export function docsArtefact(target: Target, provenance: Provenance): ArtefactFile[] {
  const { tables, views, notCarried } = target;
  const diagrams = erDiagrams(target);
  const alone = tables.length - new Set(tables.flatMap((table) => familyOf(table))).size;
  const parts = [
    `# ${markdownText(provenance.plan)}`,
    provenanceLines(provenance).join('\n'),
    '## Tables',
    markdownTable(
      ['table', 'from', 'columns', 'refers to'],
      tables.map((table) => [
        link(table, tables),
        markdownText(`${table.mapping.source}: ${table.mapping.origin.name}`),
        String(table.columns.length),
        [...new Set(table.foreignKeys.map(({ parent }) => parent))].map((parent) => link(parent, tables)).join(', '),
      ]),
    ),
    ...(diagrams.length === 0 ? [] : ['## How they refer to each other']),
    ...diagrams.map((diagram) => `\`\`\`mermaid\n${diagram}\n\`\`\``),
    ...(diagrams.length === 0 || alone === 0 ? [] : [`${plural(alone, 'table')} without foreign keys: not drawn.`]),
    ...tables.flatMap((table) => tableSection(table, tables)),
    ...views.flatMap(({ schema, target: name, view, source, sql }) => [
      `## View ${markdownText(`${schema}.${name}`)}`,
      `From the view ${markdownText(view)} of ${markdownText(source)}.`,
      fencedSql(sql),
    ]),
    ...(notCarried.length === 0 ? [] : ['## Not carried', notCarriedTable(target), ...notCarriedSql(target)]),
  ];
  return [{ path: 'schema.md', text: `${parts.join('\n\n')}\n` }];
}

/** The table and its parents, when it has any. */
const familyOf = (table: TargetTable): TargetTable[] =>
  table.foreignKeys.length === 0 ? [] : [table, ...table.foreignKeys.map(({ parent }) => parent)];

/** An anchor of its own: names may be anything. */
const anchor = (table: TargetTable, tables: readonly TargetTable[]): string => `table-${tables.indexOf(table) + 1}`;

const link = (table: TargetTable, tables: readonly TargetTable[]): string =>
  `[${markdownText(fullName(table))}](#${anchor(table, tables)})`;

function tableSection(table: TargetTable, tables: readonly TargetTable[]): string[] {
  const children = tables.flatMap((child) =>
    child.foreignKeys.filter(({ parent }) => parent === table).map((key) => ({ child, key })),
  );
  const lines = [
    ...keyLines(table),
    ...table.foreignKeys.map((key) => `- Refers to ${link(key.parent, tables)}: ${referenceText(key)}`),
    ...children.map(({ child, key }) => `- Referred to by ${link(child, tables)}: ${names(key.columns)}`),
  ];
  return [
    `<a id="${anchor(table, tables)}"></a>`,
    `## ${markdownText(fullName(table))}`,
    fromText(table),
    markdownTable(
      ['column', 'type', 'NULL', 'default', 'from', 'declared', 'conversion'],
      table.columns.map((column) => columnCells(table, column)),
    ),
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
  ];
}

function fromText({ mapping: { origin, source } }: TargetTable): string {
  const kind = origin.kind === 'virtual' ? 'the virtual table' : 'the table';
  const rows = origin.where === undefined ? '' : `, rows where ${markdownText(origin.where)}`;
  return `From ${kind} ${markdownText(origin.name)} of ${markdownText(source)}${rows}.`;
}

function columnCells(table: TargetTable, column: ColumnMapping): string[] {
  const origin = table.mapping.origin.columns[column.index];
  return [
    column.target,
    typeSql(column.type) + (column.collation === undefined ? '' : ` collate ${column.collation}`),
    column.notNull ? 'no' : 'yes',
    defaultOf(column),
    column.source,
    origin?.declared ?? '',
    conversionOf(column),
  ].map(markdownText);
}

function defaultOf({ identity, generated, default: value = '' }: ColumnMapping): string {
  if (identity) return 'identity';
  return generated === undefined ? value : `always ${generated}`;
}

const FORMATS: Record<SourceFormat, string> = {
  iso: 'ISO 8601 text',
  'unix-seconds': 'seconds since 1970',
  'unix-milliseconds': 'milliseconds since 1970',
  'unix-microseconds': 'microseconds since 1970',
  'unix-nanoseconds': 'nanoseconds since 1970',
  'julian-day': 'Julian days',
  'chrome-microseconds': 'microseconds since 1601',
  'mac-seconds': 'seconds since 2001',
  yyyymmdd: 'numbers such as 20260131',
  tagged: 'each value with its storage class',
  key: 'UUID made of the key',
};

/** What happens to the values on their way; docs/type-mapping.md has the rules. */
function conversionOf(column: ColumnMapping): string {
  const { value, ifNull, timeZone } = column;
  return [
    ...(value === undefined ? [] : [`computed: ${value}`]),
    readingOf(column),
    ...(timeZone === undefined ? [] : [`in ${timeZone} where no zone is said`]),
    ...(ifNull === undefined ? [] : [`NULL becomes ${JSON.stringify(ifNull)}`]),
  ].join('; ');
}

function readingOf({ type, format, affinity }: ColumnMapping): string {
  if (format !== undefined) return FORMATS[format];
  if (type.name === 'text' && affinity !== 'text' && affinity !== 'blob') return 'numbers written out';
  if (type.name === 'date' || type.name === 'timestamp' || type.name === 'timestamptz') return FORMATS.iso;
  if (type.name === 'boolean') return '0, 1 and words for them';
  return 'as it is';
}

function keyLines({ primaryKey, unique, indexes, checks }: TargetTable): string[] {
  return [
    ...(primaryKey ? [`- Primary key ${markdownText(primaryKey.name)}: ${names(primaryKey.columns)}`] : []),
    ...unique.map((key) => `- Unique ${markdownText(key.name)}: ${names(key.columns)}`),
    ...indexes.map(({ name, unique: isUnique, using, where, parts }) => {
      const columns = parts.map((part) => {
        const text = 'column' in part ? part.column.target : part.expression;
        return markdownText(text) + (part.descending ? ' descending' : '');
      });
      const method = using === 'btree' ? '' : `, ${using}`;
      const rows = where === undefined ? '' : `, of rows where ${markdownText(where)}`;
      return `- ${isUnique ? 'Unique index' : 'Index'} ${markdownText(name)}: ${columns.join(', ')}${method}${rows}`;
    }),
    ...checks.map(({ name, sql, validate }) => {
      return `- Check ${markdownText(name)}: ${markdownText(sql)}${validate === false ? ', for new rows only' : ''}`;
    }),
  ];
}

function referenceText(key: TargetForeignKey): string {
  return [
    `${names(key.columns)} → ${names(key.parentColumns)} (${markdownText(key.name)})`,
    ...(key.onDelete === 'NO ACTION' ? [] : [`ON DELETE ${key.onDelete}`]),
    ...(key.onUpdate === 'NO ACTION' ? [] : [`ON UPDATE ${key.onUpdate}`]),
    ...(key.deferred ? ['checked at commit'] : []),
    ...(key.validated ? [] : ['for new rows only']),
  ].join(', ');
}

const names = (columns: readonly ColumnMapping[]): string =>
  columns.map(({ target }) => markdownText(target)).join(', ');

function notCarriedTable({ notCarried }: Target): string {
  return markdownTable(
    ['source', 'object', 'kind', 'reason'],
    notCarried.map(({ source, object, kind, reason }) => [source, object, kind, reason].map(markdownText)),
  );
}

function notCarriedSql({ notCarried }: Target): string[] {
  return notCarried.flatMap(({ object, kind, sql }) =>
    sql === undefined ? [] : [`${markdownText(kind)} ${markdownText(object)}:`, fencedSql(sql)],
  );
}
