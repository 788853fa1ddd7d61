import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { ERRORS } from '../../core/errors';
import { readPlan } from '../../core/plan-file';
import { sqlift } from '../client/command-line';
import { cliPage, wholeProgram } from './cli-page';
import { planPage } from './plan-page';

const root = path.resolve(__dirname, '../..');
const read = (page: string): string => readFileSync(path.join(root, page), 'utf8');

/** Everything that a user reads. */
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .sort(),
];

test.each([
  ['docs/cli.md', cliPage],
  ['docs/plan.md', () => Promise.resolve(planPage())],
])('%s is what the program says today (SQLIFT_UPDATE=1 writes it)', async (page, make) => {
  const wanted = await make();
  if (process.env.SQLIFT_UPDATE === '1') writeFileSync(path.join(root, page), wanted);
  expect(read(page)).toBe(wanted);
});

test('the plans that the pages show are valid', () => {
  const plans = PAGES.flatMap((page) =>
    [...read(page).matchAll(/^```yaml\n(version: 1\n[^]*?)^```$/gm)].map((match) => ({ page, text: match[1]! })),
  );
  expect(plans.length).toBeGreaterThan(0);
  for (const { page, text } of plans) expect(readPlan(text, page).version).toBe(1);
});

/** Lines of blocks that are marked `sh sqlift`, with their comments taken off. */
function commandLines(page: string): string[] {
  return [...read(page).matchAll(/^ *```sh sqlift\n([^]*?)^ *```$/gm)]
    .flatMap((match) => match[1]!.split('\n'))
    .map((line) => line.replace(/ +#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const shown = PAGES.flatMap((page) => commandLines(page).map((line): [string, string] => [page, line]));

test('the pages show commands at all', () => expect(shown.length).toBeGreaterThan(20));

test.each(shown)('%s: `%s` is a command with these options', async (_page, line) => {
  expect(await problemWith(line)).toBeUndefined();
});

/** Parses the line as the program does, its action left out. Gives what commander says against it. */
async function problemWith(line: string): Promise<string | undefined> {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!);
  if (!/^(\.\/)?sqlift$/.test(words[0]!)) return `does not call sqlift: ${line}`;
  const program = await wholeProgram();
  disarm(program);
  try {
    await program.parseAsync(words.slice(1), { from: 'user' });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function disarm(command: Command): void {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  if (command.commands.length === 0 || command.registeredArguments.length > 0) command.action(() => {});
  for (const child of command.commands) disarm(child);
}

test('a command that does not exist, and an option that does not, are found', async () => {
  expect(await problemWith('./sqlift migrte app.sqlite')).toMatch(/unknown command/);
  expect(await problemWith('./sqlift migrate app.sqlite --fast')).toMatch(/unknown option/);
});

test('every command and every subcommand is in docs/cli.md, and every error in docs/errors.md', async () => {
  for (const command of (await wholeProgram()).commands)
    expect(read('docs/cli.md')).toContain(`\n## ${command.name()}\n`);
  for (const code of Object.keys(ERRORS)) expect(read('docs/errors.md')).toContain(`\n## ${code}\n`);
});

test('every link between pages leads somewhere', () => {
  const broken = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1]!)
      .filter((link) => !existsSync(path.resolve(root, path.dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test('what the pages say needs no server runs without one', async () => {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'sqlift-pages-'));
  try {
    const env = { SQLIFT_HOME: path.join(cwd, 'home') };
    for (const line of ['--help', 'list', 'config show', 'completion bash'])
      expect([line, (await sqlift(line.split(' '), { cwd, env })).code]).toEqual([line, 0]);
    expect(existsSync(path.join(cwd, 'home', 'postgres'))).toBe(false);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
