import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { RunReport } from '../../../core/run';
import type { Declaration, Tool, ToolRun } from './tool';
import { runProgram } from './tool';

const CLI = path.join(__dirname, '../../../dist/client/main.js');
const LIMIT = 180;
const ROW_KINDS = new Set(['table', 'virtual table']);
const COLUMN_KINDS = new Set(['column', 'generated column', 'collation']);

/** sqlift as a person runs it, with a plan that nobody edited. `home` is its state folder, where its servers are. */
export function sqlift(home: string): Tool {
  const env = {
    ...process.env,
    SQLIFT_HOME: home,
    SQLIFT_TASK_QUEUE: `fidelity-${randomBytes(3).toString('hex')}`,
    SQLIFT_WORKER_IDLE_SECONDS: '300',
  };
  return {
    name: 'sqlift',
    settings: '`sqlift migrate FILE --to URL --yes --accept-quarantine --json`, the drafted plan as it is',
    async version() {
      return (await runProgram(process.execPath, [CLI, '--version'], env, 30)).stdout.trim();
    },
    async run(file, url) {
      const args = [CLI, 'migrate', file, '--to', url, '--yes', '--accept-quarantine', '--json'];
      const { exit, hung, stdout, stderr } = await runProgram(process.execPath, args, env, LIMIT);
      const log = `${stderr}\n${stdout}`;
      if (!stdout.trimStart().startsWith('{'))
        return {
          exit,
          hung,
          log,
          declarations: [],
          rejected: new Map(),
          names: { table: () => [], column: () => [], tagged: () => false },
        };
      return { exit, hung, log, ...accountOf(JSON.parse(stdout) as RunReport) };
    },
  };
}

/** What the report says. Of the tool's own word only this counts; whether it is true is seen in the target. */
function accountOf({
  tables,
  notCarried,
  quarantine,
  sources,
  views,
}: RunReport): Pick<ToolRun, 'declarations' | 'rejected' | 'names'> {
  const byName = new Map(tables.map((table) => [table.table, table]));
  const column = (table: string, source: string) => byName.get(table)?.columns.find((one) => one.source === source);
  const rejected = new Map<string, number>();
  for (const { table, rows } of quarantine) rejected.set(table, (rejected.get(table) ?? 0) + rows);
  return {
    rejected,
    declarations: [
      ...sources.map(({ applicationId, userVersion }): Declaration => ({
        about: 'object',
        text: `application_id ${applicationId}, user_version ${userVersion}`,
      })),
      ...notCarried.map(({ object, kind, reason, sql = '' }): Declaration => {
        const about = ROW_KINDS.has(kind) ? 'rows' : COLUMN_KINDS.has(kind) ? 'column' : 'object';
        return { about, text: `${kind} ${object}: ${reason} ${sql}` };
      }),
    ],
    names: {
      table: (source) => {
        const target = byName.get(source)?.target ?? views.find(({ view }) => view === source)?.target;
        return target === undefined ? [source] : [target.slice(target.indexOf('.') + 1)];
      },
      column: (table, source) => {
        const target = column(table, source)?.target;
        return target === undefined ? [] : [target];
      },
      tagged: (table, source) => {
        const found = column(table, source);
        return found?.type === 'jsonb' && found.conversion.startsWith('mixed');
      },
    },
  };
}
