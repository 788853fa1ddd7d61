import type { Colors } from 'picocolors/types';
import type { Sample } from '../../core/evidence';
import type { FileInspection, TableInspection } from '../../core/inspection';
import { bytes, count, plural, printable, shorten } from '../format';
import { textTable } from '../report/table';

export interface TextOptions {
  colors: Colors;
  /** Tables to show whole; `all` of them. */
  whole: 'all' | readonly string[];
}

/** Lines of what is not carried, of integrity, and of problems of one table, before the rest is only counted. */
const FEW = 12;
const NAME = 40;

/** A profile for a person: the file, a line for each table, then what is odd, then what is not carried. */
export function inspectionText(found: FileInspection, { colors, whole }: TextOptions): string {
  const isWhole = ({ table }: TableInspection) => whole === 'all' || whole.includes(table);
  const shown = whole === 'all' || whole.length === 0 ? found.tables : found.tables.filter(isWhole);
  const detailed = shown.filter((table) => isWhole(table) || isOdd(table));
  const sections = [
    fileLines(found, colors),
    ...(whole === 'all' || whole.length === 0 ? [tableList(found, colors)] : []),
    ...detailed.map((table) => tableDetails(table, isWhole(table), colors)),
    ...(whole !== 'all' && whole.length > 0 ? [] : notCarriedLines(found, whole === 'all', colors)),
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

/** A name may be empty, or long, or try to steer the terminal. */
function nameOf(name: string): string {
  return name.trim() === '' ? JSON.stringify(name) : shorten(printable(name), NAME);
}

function isOdd({ oddities, quarantine }: TableInspection): boolean {
  return oddities.length > 0 || quarantine.rows > 0;
}

function fileLines({ file, facts, integrity }: FileInspection, colors: Colors): string[] {
  const free = facts.freePages === 0 ? '' : `, ${count(facts.freePages)} free`;
  const wal =
    facts.walBytes > 0
      ? `write-ahead log of ${bytes(facts.walBytes)}, its rows are counted`
      : facts.journalMode === 'wal'
        ? 'write-ahead log, empty now'
        : 'rollback journal';
  const rows = [
    ['size', `${bytes(facts.bytes)}: ${plural(facts.pages, 'page')} of ${count(facts.pageSize)} bytes${free}`],
    ['text', facts.encoding],
    ['journal', wal],
    ['user_version', String(facts.userVersion)],
    ['application_id', applicationId(facts.applicationId)],
    ...(integrity.length === 0
      ? [['integrity', 'ok']]
      : grouped(integrity).map((line, i) => [i === 0 ? 'integrity' : '', colors.yellow(printable(line))])),
  ];
  return [colors.bold(printable(file)), ...rows.map(([name, value]) => `${colors.dim(name!.padEnd(14))}  ${value}`)];
}

/** In hexadecimal and, where it is that, as the four letters which programs like to put there. */
function applicationId(id: number): string {
  if (id === 0) return '0';
  const letters = Buffer.alloc(4);
  letters.writeInt32BE(id);
  const text = letters.toString('latin1');
  return `0x${letters.toString('hex')}${/^[ -~]{4}$/.test(text) ? ` (${text})` : ''}`;
}

/** Equal lines as one with their number, the first few. */
function grouped(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  const all = [...counts].map(([line, times]) => (times === 1 ? line : `${line} (${count(times)} times)`));
  return all.length <= FEW ? all : [...all.slice(0, FEW - 1), `and ${count(all.length - FEW + 1)} more`];
}

function tableList({ tables }: FileInspection, colors: Colors): string[] {
  if (tables.length === 0) return ['No tables: there is nothing to migrate.'];
  const rows = tables.map((table) => {
    const { oddities, quarantine } = table;
    return [
      nameOf(table.table),
      count(table.rows),
      table.bytes === null ? '' : bytes(table.bytes),
      table.indexBytes === 0 ? '' : bytes(table.indexBytes),
      count(table.columns.length),
      oddities.length === 0 ? '' : colors.yellow(count(oddities.length)),
      quarantine.rows === 0 ? '' : colors.red(count(quarantine.rows)),
      table.target === null ? colors.yellow('not moved') : '',
    ];
  });
  const total = (of: (table: TableInspection) => number) => tables.reduce((sum, table) => sum + of(table), 0);
  const odd = tables.filter(({ oddities }) => oddities.length > 0).length;
  const held = tables.filter(({ quarantine }) => quarantine.rows > 0);
  const heldRows = total(({ quarantine }) => quarantine.rows);
  return [
    textTable(
      ['table', 'rows', 'bytes', 'indexes', 'columns', 'oddities', 'quarantine', ''],
      rows,
      [1, 2, 3, 4, 5, 6],
      colors.dim,
    ),
    '',
    `${plural(tables.length, 'table')}, ${plural(
      total(({ rows: number }) => number),
      'row',
    )}; ${odd === 0 ? 'nothing odd' : `${plural(odd, 'table')} with oddities`}. ` +
      (heldRows === 0
        ? colors.green('Every row would be moved.')
        : colors.red(`${plural(heldRows, 'row')} of ${plural(held.length, 'table')} would go to the quarantine.`)),
  ];
}

function tableDetails(table: TableInspection, whole: boolean, colors: Colors): string[] {
  const notes = [
    plural(table.rows, 'row'),
    ...(table.bytes === null ? ['virtual table'] : [bytes(table.bytes)]),
    ...(table.indexBytes > 0 ? [`indexes ${bytes(table.indexBytes)}`] : []),
    ...(table.kind === 'without rowid' ? ['WITHOUT ROWID'] : []),
    ...(table.strict ? ['STRICT'] : []),
    ...(table.primaryKey.length > 0 ? [`key ${table.primaryKey.map((name) => printable(name)).join(', ')}`] : []),
    ...(table.target === null ? ['not moved'] : whole ? [`→ ${printable(table.target)}`] : []),
  ];
  const lines = [`${colors.bold(nameOf(table.table))}  ${notes.join(', ')}`];
  if (whole) {
    const rows = table.columns.map((column) => [
      `  ${nameOf(column.column)}`,
      shorten(printable(column.declared), 24) || colors.dim('none'),
      column.type === null
        ? colors.yellow('not moved')
        : `${column.type}${column.format === null ? '' : ` ${column.format}`}`,
      column.review === null ? colors.dim(printable(column.why)) : colors.yellow(printable(column.why)),
      printable(column.holds),
    ]);
    lines.push(textTable(['  column', 'declared', 'becomes', 'why', 'holds'], rows, [], colors.dim));
  }
  const limit = whole ? Infinity : FEW;
  for (const { column, what, samples } of table.oddities.slice(0, limit)) {
    const name = column === undefined ? '' : `${nameOf(column)}: `;
    lines.push(`  ${colors.yellow('!')} ${name}${printable(what)}${places(samples, colors)}`);
  }
  const rest = table.oddities.length - limit;
  if (rest > 0) lines.push(`    and ${count(rest)} more: --table shows them`);
  for (const { column, reason, rows, samples } of table.quarantine.reasons) {
    const name = column === undefined ? '' : ` ${nameOf(column)}`;
    lines.push(
      `  ${colors.red('✗')} quarantine: ${plural(rows, 'row')}, ${name === '' ? '' : `column${name}: `}${reason}${places(samples, colors)}`,
    );
  }
  return lines;
}

function places(samples: readonly Sample[], colors: Colors): string {
  if (samples.length === 0) return '';
  return `\n      ${colors.dim(samples.map(({ at, value }) => printable(value === 'NULL' ? at : `${at}: ${value}`)).join('  '))}`;
}

function notCarriedLines({ notCarried }: FileInspection, all: boolean, colors: Colors): string[][] {
  if (notCarried.length === 0) return [];
  const kinds = new Map<string, number>();
  for (const { kind } of notCarried) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const list = all ? notCarried : notCarried.slice(0, FEW);
  const lines = list.map(
    ({ object, kind, reason }) =>
      `  ${colors.dim(kind)} ${nameOf(object)}: ${shorten(printable(reason), all ? 10_000 : 110)}`,
  );
  const rest = notCarried.length - list.length;
  return [
    [
      `${colors.bold('Not carried, or not as it was')}  ${[...kinds].map(([kind, number]) => `${kind} ${count(number)}`).join(', ')}`,
      ...lines,
      ...(rest > 0 ? [`  and ${count(rest)} more: --all shows them`] : []),
    ],
  ];
}
