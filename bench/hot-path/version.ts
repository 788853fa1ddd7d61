import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from '@swc/core';
import type { draft } from '../speed/sqlift/draft';

const ROOT = path.join(__dirname, '../..');
/** Versions are compiled in folders of the repository, since packages are found from there. */
const DATA = path.join(__dirname, '../.data');
/** The folders of the repository that the hot path lives in. */
const FOLDERS = ['core', 'stores', 'activities', 'bench'];
/** What is run of a version: the process that does passes, and what tells it which pass is over what. */
const ENTRY = 'bench/hot-path/child.ts';
const DRAFT = 'bench/speed/sqlift/draft.ts';
const RELATIVE_REQUIRE = /require\("(\.{1,2}\/[^"]+)"\)/g;

/** The code of the hot path as it was or is, compiled. */
export interface Version {
  /** The process that does passes, for Node to run. */
  entry: string;
  draft: typeof draft;
}

/** A new folder for versions and what they work on; whoever asked for it removes it. */
export function versionsFolder(): string {
  mkdirSync(DATA, { recursive: true });
  return mkdtempSync(path.join(DATA, 'hot-path-'));
}

/** The code as it stands, committed or not. */
export function versionOfToday(folder: string): Version {
  return compile(ROOT, path.join(folder, 'today'));
}

/**
 * The code of a commit, out of git.
 * @throws Error where there is no git, or this clone does not reach back to the commit
 */
export function versionAt(revision: string, folder: string): Version {
  const sources = path.join(folder, 'sources');
  const archive = path.join(folder, 'sources.tar');
  mkdirSync(sources);
  git('archive', '--format=tar', `--output=${archive}`, revision, ...FOLDERS);
  execFileSync('tar', ['-xf', archive, '-C', sources]);
  const version = compile(sources, path.join(folder, 'then'));
  rmSync(archive);
  rmSync(sources, { recursive: true });
  return version;
}

/**
 * The commit that the code as it stands is of.
 * @throws Error when some of it is not committed
 */
export function revisionOfToday(): string {
  const changed = git('status', '--porcelain', '--', ...FOLDERS);
  if (changed !== '') throw new Error(`commit what is changed first: only a commit can be compared with\n${changed}`);
  return git('rev-parse', 'HEAD');
}

function git(...args: string[]): string {
  return execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** Compiles what a version runs, and every file that it loads, into a folder that is laid out like the repository. */
function compile(root: string, folder: string): Version {
  const done = new Set<string>();
  const add = (file: string): void => {
    if (done.has(file)) return;
    done.add(file);
    const { code } = transformSync(readFileSync(path.join(root, file), 'utf8'), {
      filename: file,
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const to = compiled(folder, file);
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, code);
    for (const [, request] of code.matchAll(RELATIVE_REQUIRE))
      add(moduleAt(root, path.join(path.dirname(file), request!)));
  };
  add(ENTRY);
  add(DRAFT);
  const { draft: draftOfIt } = require(compiled(folder, DRAFT)) as { draft: typeof draft };
  return { entry: compiled(folder, ENTRY), draft: draftOfIt };
}

function compiled(folder: string, file: string): string {
  return path.join(folder, file.replace(/\.ts$/, '.js'));
}

/** The file of a module, which may be a folder. */
function moduleAt(root: string, module: string): string {
  const isFile = statSync(path.join(root, `${module}.ts`), { throwIfNoEntry: false })?.isFile();
  return isFile === true ? `${module}.ts` : path.join(module, 'index.ts');
}
