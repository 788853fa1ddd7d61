import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A small checkout with the real launcher, no dependencies, and a build that takes no time and counts itself. */
export class Checkout {
  readonly root = mkdtempSync(path.join(os.tmpdir(), 'sqlift-launcher-'));

  constructor(private readonly buildPrefix = '') {
    mkdirSync(path.join(this.root, 'client'));
    copyFileSync(path.join(ROOT, 'sqlift'), path.join(this.root, 'sqlift'));
    copyFileSync(path.join(ROOT, 'tsconfig.build.json'), path.join(this.root, 'tsconfig.build.json'));
    copyFileSync(path.join(ROOT, 'tsconfig.json'), path.join(this.root, 'tsconfig.json'));
    this.writePackage('1.0.0');
    this.say('hello');
  }

  /** The package file and its lock file, with a build that copies the sources to dist/. */
  writePackage(version: string): void {
    const build = `${this.buildPrefix} mkdir -p dist/client && for f in client/*.ts; do cp $f dist/client/$(basename $f .ts).js; done && echo built >> builds.log`;
    const about = { name: 'checkout', version };
    this.write('package.json', JSON.stringify({ ...about, scripts: { build } }));
    this.write(
      'package-lock.json',
      JSON.stringify({ ...about, lockfileVersion: 3, requires: true, packages: { '': about } }),
    );
  }

  /** Changes the program: it prints this word, where it runs, and its arguments. */
  say(word: string): void {
    this.write('client/main.ts', `console.log(JSON.stringify(['${word}', process.cwd(), ...process.argv.slice(2)]));`);
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.root, file), text);
  }

  run(args: string[] = [], options: { cwd?: string; env?: NodeJS.ProcessEnv; launcher?: string } = {}): Outcome {
    const { launcher = path.join(this.root, 'sqlift'), ...rest } = options;
    const { status, stdout, stderr } = spawnSync(launcher, args, { encoding: 'utf8', ...rest });
    return { code: status ?? -1, stdout, stderr };
  }

  /** The same, without waiting. */
  launch(): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(path.join(this.root, 'sqlift'), (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }

  builds(): number {
    return readFileSync(path.join(this.root, 'builds.log'), 'utf8').split('\n').length - 1;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
