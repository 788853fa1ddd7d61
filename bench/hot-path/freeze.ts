import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = path.join(__dirname, '../..');
const ENTRY = 'bench/hot-path/child.ts';
const RELATIVE_REQUIRE = /require\("(\.{1,2}\/[^"]+)"\)/g;

/**
 * Compiles the process that does passes, and every file of this repository that it loads, into a folder that is laid out like the
 * repository. Packages are found from there as usual, so it has to be a folder within the repository.
 * @returns the path of the process, for Node to run
 */
export function freeze(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  const done = new Set<string>();
  const compile = (file: string): void => {
    if (done.has(file)) return;
    done.add(file);
    const { code } = transformSync(readFileSync(path.join(ROOT, file), 'utf8'), {
      filename: file,
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    const to = path.join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, code);
    for (const [, request] of code.matchAll(RELATIVE_REQUIRE))
      compile(path.relative(ROOT, require.resolve(path.join(ROOT, path.dirname(file), request!))));
  };
  compile(ENTRY);
  return entryOf(folder);
}

/** The process in a folder that `freeze` filled. */
export function entryOf(folder: string): string {
  return path.join(folder, ENTRY.replace(/\.ts$/, '.js'));
}
