import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { Option } from 'commander';
import type { Command } from 'commander';
import { SqliftError } from '../../core/errors';
import { readQuarantine, readQuarantineReasons } from '../../stores/ledger/read';
import type { QuarantineEntry } from '../../stores/ledger/read';
import { acceptQuarantineUpdate } from '../../workflows/messages';
import type { QuarantineRetryInput, QuarantineRetryResult } from '../../workflows/quarantine';
import type { CommandModule, Run } from '../command';
import type { Context } from '../context';
import { decision, runWorkflow, withGoingRun } from '../control';
import { count, plural, printable, shorten } from '../format';
import { editedPlan } from '../plans';
import { refusal } from '../refusal';
import { textTable } from '../report/table';
import { findRun, handleOf, isGoing } from '../runs';
import { withSession } from '../session';

/** Rows read at a time: a page of wide rows stays small in memory. */
const PAGE = 500;

interface Filter {
  table?: string;
  reason?: string;
}

export const define: CommandModule['define'] = (command, run) => {
  const sub = (name: string, description: string): Command =>
    command.command(name).description(description).argument('[run]', 'the run; the newest when left out');
  const filtered = (child: Command): Command =>
    child
      .option('--table <name>', 'rows of this source table, or of this feed, only')
      .option('--reason <reason>', 'rows refused for this reason only');

  filtered(sub('list', 'How many rows were kept out, by table and reason; the first of them.'))
    .option('--limit <n>', 'rows shown', (text) => Math.max(0, Number.parseInt(text, 10) || 0), 20)
    .option('--json', 'print one JSON object')
    .action(
      run((context, given: string | undefined, options: Filter & { limit: number; json?: boolean }) =>
        list(context, given, options),
      ),
    );
  filtered(sub('show', 'Rows kept out, whole: every cell with its storage class.'))
    .option('--id <n>', 'this entry only')
    .option('--limit <n>', 'rows shown', (text) => Math.max(1, Number.parseInt(text, 10) || 5), 5)
    .option('--json', 'print one JSON object')
    .action(
      run((context, given: string | undefined, options: Filter & { id?: string; limit: number; json?: boolean }) =>
        show(context, given, options),
      ),
    );
  filtered(sub('export', 'All rows kept out, one JSON object or CSV record a row.'))
    .option('-o, --output <file>', 'write to this file instead of stdout')
    .addOption(new Option('--format <format>', 'jsonl or csv').choices(['jsonl', 'csv']).default('jsonl'))
    .action(
      run((context, given: string | undefined, options: Filter & { output?: string; format: 'jsonl' | 'csv' }) =>
        exportRows(context, given, options),
      ),
    );
  defineRetry(
    sub('retry', 'Load the rows that fit after all, with the columns of an edited plan or of the run’s own.'),
    run,
  );
  sub('accept', 'Go on without the rows that are in quarantine.')
    .option('--reason <text>', 'why, for the record')
    .action(
      run((context, given: string | undefined, { reason }: { reason?: string }) =>
        withGoingRun(context, given, async (_, known, link) => {
          const handle = handleOf(link, known);
          await handle.executeUpdate(acceptQuarantineUpdate, { args: [decision(reason)] }).catch(refusal);
          context.terminal.say(
            `Accepted: the run goes on without them. To watch it: ${context.command} watch ${known.run}`,
          );
        }),
      ),
    );
};

function defineRetry(command: Command, run: Run): void {
  command
    .option('--plan <file>', 'the edited plan; by default the run’s own')
    .action(run((context, given: string | undefined, { plan }: { plan?: string }) => retry(context, given, plan)));
}

function retry(context: Context, given: string | undefined, plan: string | undefined): Promise<number> {
  return withSession(context, { stack: 'start' }, async (session) => {
    const { terminal } = context;
    const known = await findRun(session, given);
    const planKey = plan === undefined ? null : `runs/${known.run}/retry.plan.yaml`;
    if (plan !== undefined && planKey !== null) {
      const { text } = editedPlan(context.path(plan));
      await session.artifacts.put(planKey, text);
    }
    const input: QuarantineRetryInput = { run: known.run, planKey, waiting: isGoing(known) ? known.workflowId : null };
    const summary = `retry the quarantine of ${known.run}`;
    const id = `sqlift/${known.run}/quarantine-retry`;
    const result = await runWorkflow<QuarantineRetryResult>(session, 'quarantineRetryWorkflow', id, input, summary);
    terminal.say(`${plural(result.loaded, 'row')} loaded after all, ${count(result.left)} still in quarantine`);
    if (result.differences > 0) {
      throw new SqliftError(
        'Differences',
        `${plural(result.differences, 'difference')} after the retry; \`${context.command} report ${known.run}\` names them`,
      );
    }
    return result.left === 0 ? 0 : 6;
  });
}

function list(
  context: Context,
  given: string | undefined,
  { table, reason, limit, json }: Filter & { limit: number; json?: boolean },
): Promise<void> {
  return withSession(context, { stack: 'look' }, async (session) => {
    const { terminal } = context;
    const { run } = await findRun(session, given);
    const reasons = (await session.withTarget((pool) => readQuarantineReasons(pool, run), run)).filter(
      (entry) => (table === undefined || entry.table === table) && (reason === undefined || entry.reason === reason),
    );
    const rows = await session.withTarget((pool) => readQuarantine(pool, run, { table, reason, limit }), run);
    if (json === true) return terminal.json({ run, reasons, rows });
    if (reasons.length === 0) return terminal.say(`No rows of ${run} are in quarantine`);
    terminal.out(
      textTable(
        ['table', 'reason', 'rows'],
        reasons.map((entry) => [printable(entry.table), entry.reason, count(entry.rows)]),
        [2],
        terminal.dataColors.dim,
      ),
    );
    if (rows.length === 0) return;
    terminal.out('');
    terminal.out(
      textTable(
        ['id', 'table', 'key', 'column', 'class', 'reason'],
        rows.map((row) => [
          row.id,
          printable(row.table),
          shorten(keyText(row), 40),
          printable(row.column ?? ''),
          row.storageClass ?? '',
          row.reason,
        ]),
        [0],
        terminal.dataColors.dim,
      ),
    );
    const total = reasons.reduce((sum, entry) => sum + entry.rows, 0);
    if (total > rows.length)
      terminal.say(`… and ${count(total - rows.length)} more: ${context.command} quarantine export ${run}`);
    return;
  });
}

function show(
  context: Context,
  given: string | undefined,
  { table, reason, id, limit, json }: Filter & { id?: string; limit: number; json?: boolean },
): Promise<void> {
  return withSession(context, { stack: 'look' }, async (session) => {
    const { terminal } = context;
    const { run } = await findRun(session, given);
    const [, feed = '', number] = /^(f?)(\d{1,18})$/.exec(id ?? '') ?? [];
    if (id !== undefined && number === undefined)
      throw new SqliftError('UsageInvalid', '--id: expected the number of an entry, as `quarantine list` shows it');
    const page = number === undefined ? { table, reason, limit } : { limit: 1, after: `${feed}${BigInt(number) - 1n}` };
    const rows = (await session.withTarget((pool) => readQuarantine(pool, run, page), run)).filter(
      (row) => id === undefined || row.id === id,
    );
    if (json === true) return terminal.json({ run, rows });
    if (rows.length === 0)
      return terminal.say(
        id === undefined ? `No rows of ${run} are in quarantine` : `Run ${run} has no entry ${id} in quarantine`,
      );
    for (const row of rows) {
      const { dataColors: colors } = terminal;
      terminal.out(
        `${colors.bold(`${printable(row.table)} ${keyText(row)}`)}  ${colors.yellow(row.reason)}${row.column === null ? '' : ` in ${printable(row.column)}`}  ${colors.dim(`entry ${row.id}, source row ${row.locator}`)}`,
      );
      terminal.out(
        textTable(
          ['column', 'class', 'value'],
          row.cells.map((cell) => [
            printable(cell.column),
            cell.class,
            cell.value === null ? colors.dim('NULL') : shorten(printable(cell.value), 120),
          ]),
          [],
          colors.dim,
        ).replaceAll(/^/gm, '  '),
      );
    }
  });
}

function exportRows(
  context: Context,
  given: string | undefined,
  { table, reason, output, format }: Filter & { output?: string; format: 'jsonl' | 'csv' },
): Promise<void> {
  return withSession(context, { stack: 'look' }, async (session) => {
    const { run } = await findRun(session, given);
    const file = output === undefined ? undefined : createWriteStream(context.path(output), { mode: 0o600 });
    const write = async (line: string): Promise<void> => {
      if (file === undefined) context.terminal.out(line);
      else if (!file.write(`${line}\n`)) await once(file, 'drain');
    };
    if (format === 'csv') await write(CSV_COLUMNS.join(','));
    let total = 0;
    for (let after = '0'; ;) {
      const rows = await session.withTarget(
        (pool) => readQuarantine(pool, run, { table, reason, after, limit: PAGE }),
        run,
      );
      for (const row of rows) await write(format === 'csv' ? csvLine(row) : JSON.stringify({ run, ...row }));
      total += rows.length;
      if (rows.length < PAGE) break;
      after = rows.at(-1)!.id;
    }
    if (file !== undefined) {
      file.end();
      await once(file, 'finish');
      context.terminal.say(`Wrote ${plural(total, 'row')} to ${output}`);
    }
  });
}

const CSV_COLUMNS = [
  'id',
  'source',
  'table',
  'locator',
  'key',
  'column',
  'storageClass',
  'reason',
  'raw',
  'cells',
] as const;

function csvLine(row: QuarantineEntry): string {
  return CSV_COLUMNS.map((column) => {
    const value = row[column];
    const text = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(',');
}

function keyText(row: QuarantineEntry): string {
  const key = Object.entries(row.key).map(([name, value]) => `${printable(name)}=${printable(value)}`);
  if (key.length > 0) return key.join(' ');
  return row.id.startsWith('f') ? `row ${row.locator}` : `rowid=${row.locator}`;
}
