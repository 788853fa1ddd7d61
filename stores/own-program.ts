import { extname, join } from 'node:path';

const TYPESCRIPT = ['--require', join(__dirname, '../test/support/typescript.js')];

/** A file of this package that a process or thread of its own runs. */
export interface OwnProgram {
  entry: string;
  /** Under jest the sources run as TypeScript, which a new process or thread must be taught; a build has JavaScript. */
  execArgv: string[];
}

/** The program of this name beside a module. @param module `__filename` of the caller */
export function ownProgram(module: string, name: string): OwnProgram {
  const extension = extname(module);
  return { entry: join(module, '..', `${name}${extension}`), execArgv: extension === '.ts' ? TYPESCRIPT : [] };
}
