import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from '@swc/core';

/** One thing that a file loads from elsewhere. */
export interface Import {
  /** Path of the importing file, from the root, with slashes. */
  file: string;
  /** The folder of the root that it reaches (`core`, `stores`, …), or the name of a package or Node module. */
  target: string;
  /** The same in full, from the root: `stores/sqlite/open`. */
  path: string;
  /** Gone after compilation: nothing is loaded at run time. */
  typeOnly: boolean;
}

/** All imports of the TypeScript files under `folder`, a top-level folder of `root`. */
export function importsOf(root: string, folder: string): Import[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => importsIn(root, path.posix.join(folder, name.split(path.sep).join('/'))));
}

/** Import and re-export statements, `import()` and `require()` with a literal, of one file. */
export function importsIn(root: string, file: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    found.push({ file, ...targetOf(root, file, specifier), typeOnly });
  };
  const module = parseSync(readFileSync(path.join(root, file), 'utf8'), { syntax: 'typescript', target: 'es2022' });
  visit(module, (node) => {
    const source = (node.source as Node | undefined)?.value;
    switch (node.type) {
      case 'ImportDeclaration':
        return add(source as string, isTypeOnly(node));
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        return typeof source === 'string' ? add(source, isTypeOnly(node)) : undefined;
      case 'TsImportType':
        return add((node.argument as Node).value as string, true);
      case 'CallExpression': {
        const callee = node.callee as Node;
        const argument = (node.arguments as { expression: Node }[])[0]?.expression;
        const loads = callee.type === 'Import' || (callee.type === 'Identifier' && callee.value === 'require');
        return loads && argument?.type === 'StringLiteral' ? add(argument.value as string, false) : undefined;
      }
      default:
        return undefined;
    }
  });
  return found;
}

type Node = Record<string, unknown>;

function visit(node: unknown, look: (node: Node) => void): void {
  if (Array.isArray(node)) for (const item of node) visit(item, look);
  else if (typeof node === 'object' && node !== null) {
    look(node as Node);
    for (const child of Object.values(node)) visit(child, look);
  }
}

/** `import type`, or an import of which every name is marked `type`. */
function isTypeOnly(node: Node): boolean {
  if (node.typeOnly === true) return true;
  const names = node.specifiers as { type: string; isTypeOnly?: boolean }[] | undefined;
  return names !== undefined && names.length > 0 && names.every(({ isTypeOnly }) => isTypeOnly === true);
}

function targetOf(root: string, file: string, specifier: string): { target: string; path: string } {
  if (specifier.startsWith('.')) {
    const reached = path.relative(root, path.resolve(root, path.dirname(file), specifier)).split(path.sep);
    return { target: reached[0]!, path: reached.join('/') };
  }
  if (specifier.startsWith('node:')) return { target: specifier, path: specifier };
  const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
  return { target: name.join('/'), path: specifier };
}
