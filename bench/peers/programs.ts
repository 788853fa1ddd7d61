import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from '../command';

/** How the other tools are called, and which of them are installed. Each benchmark gives its own settings. */

/** Where install.sh puts what comes from PyPI. */
const FOLDER = path.join(__dirname, '../.data/peers');
const PYTHON = path.join(FOLDER, 'bin/python');

/** Said of a tool that is not there. */
export const HOW_TO_INSTALL = 'bench/peers/install.sh installs it';

/** Version of a package from PyPI, or undefined where it is not installed. */
export function packageVersion(name: string): string | undefined {
  if (!existsSync(PYTHON)) return undefined;
  const program = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`;
  return output(PYTHON, ['-c', program])?.trim();
}

export function pgloaderVersion(): string | undefined {
  return /version "([^"]*)"/.exec(output('pgloader', ['--version']) ?? '')?.[1];
}

/** The first number with dots that a program says of itself; undefined where it is not installed. */
export function programVersion(program: string): string | undefined {
  return /\d+(\.\d+)+/.exec(output(program, ['--version']) ?? '')?.[0];
}

function output(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/** `settings`: what follows INTO, such as `WITH include drop, create tables`. */
export function pgloader(file: string, url: string, folder: string, settings: string): Command {
  const script = path.join(folder, 'load');
  writeFileSync(script, `LOAD DATABASE FROM sqlite://${file} INTO ${url}\n${settings};\n`, { mode: 0o600 });
  return { command: 'pgloader', args: ['--root-dir', path.join(folder, 'root'), script], env: { TZ: 'UTC' } };
}

/** `streams`: lines of YAML that say what is copied. Original names, no empty text as NULL: documented options. */
export function sling(file: string, url: string, folder: string, streams: readonly string[]): Command {
  const script = path.join(folder, 'replication.yaml');
  writeFileSync(
    script,
    `source: SRC
target: TGT
defaults:
  mode: full-refresh
  object: 'public.{stream_table}'
  source_options: {empty_as_null: false}
  target_options: {column_casing: source, adjust_column_type: true}
streams:
${streams.map((line) => `  ${line}\n`).join('')}`,
  );
  const site = readdirSync(path.join(FOLDER, 'lib'))[0]!;
  return {
    command: path.join(FOLDER, 'lib', site, 'site-packages/sling_linux_amd64/bin/sling-linux-amd64'),
    args: ['run', '-r', script],
    env: {
      TZ: 'UTC',
      SRC: `sqlite://${file}`,
      TGT: `${url}?sslmode=disable`,
      HOME: folder,
      SLING_DISABLE_TELEMETRY: 'true',
    },
    cwd: folder,
  };
}

/** `backend`: what reads the rows; dlt's own default when left out. */
export function dlt(file: string, url: string, folder: string, backend?: 'pyarrow' | 'connectorx'): Command {
  const args = [path.join(__dirname, 'dlt_run.py'), file, url, path.join(folder, 'dlt')];
  return {
    command: PYTHON,
    args: backend === undefined ? args : [...args, backend],
    env: { TZ: 'UTC', HOME: folder },
  };
}

export function duckdb(file: string, url: string, folder: string): Command {
  return {
    command: PYTHON,
    args: [path.join(__dirname, 'duckdb_run.py'), file, url],
    env: { TZ: 'UTC', HOME: folder },
  };
}
