import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** The steps of `npm run lint`, here so that a run of the tests cannot pass without them. */

const ROOT = path.resolve(__dirname, '..');

/** What the tool complains about; empty when it is content. */
async function complaints(tool: string, args: string[]): Promise<string> {
  try {
    await promisify(execFile)(path.join(ROOT, 'node_modules', '.bin', tool), args, {
      cwd: ROOT,
      maxBuffer: 64 * 1024 * 1024,
    });
    return '';
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    return `${stdout ?? ''}${stderr ?? ''}` || message;
  }
}

test('the linter is content', async () => {
  expect(await complaints('oxlint', ['--type-aware'])).toBe('');
});

test('every file is formatted', async () => {
  expect(await complaints('prettier', ['--check', '.'])).toBe('');
});

test('the compiler is content', async () => {
  expect(await complaints('tsc', ['--noEmit'])).toBe('');
});
