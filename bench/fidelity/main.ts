import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { HOW_TO_INSTALL } from '../peers/programs';
import { stackDown, stackUp } from '../../stack';
import { buildTrap } from './build';
import { classify } from './classify';
import type { Verdict } from './classify';
import { rows } from './oracle/judges';
import { Target } from './oracle/target';
import { markdown, table, totals } from './table';
import type { Results } from './table';
import { dlt, duckdb, pgloader, sling } from './tools/peers';
import { sqlift } from './tools/sqlift';
import type { Tool } from './tools/tool';
import type { Trap } from './trap';
import { TRAPS } from './traps';

/**
 * `npm run bench:fidelity`: sqlift and every installed peer over databases with one trap each. What arrived is compared with what was
 * there by the oracle in oracle/, which shares no code with any of them. Exit code 1 when sqlift is silent, wrong, crashes or hangs.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      tool: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
      markdown: { type: 'string' },
      continue: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      folder: { type: 'string', default: 'bench/.data/fidelity' },
    },
  });
  const traps = TRAPS.filter(({ id }) => values.only === undefined || values.only.some((word) => id.startsWith(word)));
  if (traps.length === 0) throw new Error(`no trap begins with ${values.only?.join(', ')}; --list shows all`);
  if (values.list) {
    for (const { id, title } of traps) process.stdout.write(`${id.padEnd(22)} ${title}\n`);
    return;
  }
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  // A state folder of its own: its servers hold nothing of anybody's.
  const home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-fidelity-'));
  try {
    const tools = await installed([sqlift(home), pgloader, sling, dlt, duckdb], values.tool, say);
    const { postgres } = await stackUp({ home, servers: ['postgres', 'temporal'] });
    const folder = path.resolve(values.folder);
    const known = values.continue ? earlier(folder) : undefined;
    const results = await runAll({
      traps,
      tools,
      url: postgres!.url,
      folder,
      home,
      say,
      known,
      keep: values.only === undefined,
    });
    if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    else process.stdout.write(`${table(results)}\n\n${totals(results)}\n`);
    if (values.markdown !== undefined) writeFileSync(values.markdown, markdown(results));
    const own = results.traps.map(({ verdicts }) => verdicts.sqlift?.outcome);
    if (own.some((outcome) => outcome !== undefined && outcome !== 'right' && outcome !== 'declared'))
      process.exitCode = 1;
  } finally {
    await stackDown({ home });
    rmSync(home, { recursive: true, force: true });
  }
}

async function installed(
  tools: Tool[],
  only: string[] | undefined,
  say: (line: string) => void,
): Promise<(Tool & { is: string })[]> {
  const found: (Tool & { is: string })[] = [];
  for (const tool of tools) {
    if (only !== undefined && !only.some((name) => name.toLowerCase() === tool.name.toLowerCase())) continue;
    const is = await tool.version();
    if (is === undefined) say(`${tool.name} is not installed: left out (${HOW_TO_INSTALL})`);
    else found.push({ ...tool, is });
  }
  return found;
}

interface Bench {
  traps: readonly Trap[];
  tools: (Tool & { is: string })[];
  /** A database of the server that every run gets a new one on. */
  url: string;
  folder: string;
  home: string;
  say: (line: string) => void;
  /** What an interrupted run has found already. */
  known: Results | undefined;
  /** Whether what is found is kept for `--continue`. */
  keep: boolean;
}

const RESULTS = 'results.json';

/** What the last run found, as far as it came. */
function earlier(folder: string): Results | undefined {
  const file = path.join(folder, RESULTS);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
}

/** An earlier verdict of the same version of a peer; sqlift’s own code changes from day to day. */
function earlierVerdict(
  known: Results | undefined,
  trap: string,
  { name, is }: Tool & { is: string },
): Verdict | undefined {
  if (name === 'sqlift' || known?.tools.find((tool) => tool.name === name)?.version !== is) return undefined;
  return known.traps.find(({ id }) => id === trap)?.verdicts[name];
}

async function runAll(bench: Bench): Promise<Results> {
  const server = new Client({ connectionString: bench.url });
  await server.connect();
  try {
    const { rows: version } = await server.query<{ server_version: string }>('SHOW server_version');
    const results: Results = {
      date: new Date().toISOString().slice(0, 10),
      postgres: version[0]!.server_version,
      tools: bench.tools.map(({ name, is, settings }) => ({ name, version: is, settings })),
      traps: [],
    };
    for (const trap of bench.traps) {
      const file = buildTrap(trap, bench.folder);
      const verdicts: Record<string, Verdict> = {};
      for (const tool of bench.tools)
        verdicts[tool.name] =
          earlierVerdict(bench.known, trap.id, tool) ?? (await runOne(bench, server, trap, tool, file));
      results.traps.push({ id: trap.id, title: trap.title, verdicts });
      if (bench.keep) writeFileSync(path.join(bench.folder, RESULTS), JSON.stringify(results, null, 2));
      const told = Object.entries(verdicts).map(([name, { outcome, exit }]) => `${name} ${outcome} [${exit ?? '–'}]`);
      bench.say(`${String(results.traps.length).padStart(3)}/${bench.traps.length} ${trap.id}: ${told.join(', ')}`);
    }
    return results;
  } finally {
    await server.end();
  }
}

async function runOne(
  { url, home, folder }: Bench,
  server: Client,
  trap: Trap,
  tool: Tool,
  original: string,
): Promise<Verdict> {
  const name = 'fidelity';
  await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await server.query(`CREATE DATABASE ${name}`);
  const target = new URL(url);
  target.pathname = `/${name}`;
  const scratch = path.join(home, 'scratch');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  // Made anew for each tool: one that writes to its source must not decide what the next one finds.
  const file = buildTrap(trap, scratch);
  const run = await tool.run(file, target.href, scratch);
  writeFileSync(path.join(folder, `${trap.id}.${tool.name}.log`), run.log);
  const there = await Target.open(target.href, run.names);
  const source = new Database(original);
  try {
    const at = { source, target: there };
    return classify(run, [...(await trap.judge(at)), ...(await rows('bystander')(at))]);
  } finally {
    source.close();
    await there.close();
  }
}

void main();
