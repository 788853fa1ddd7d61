import { execFileSync } from 'node:child_process';
import { sqlift } from './command-line';

async function completed(words: string[]): Promise<string[]> {
  const { stdout } = await sqlift(['completion', 'bash']);
  const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _sqlift; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
}

test('bash completes commands, subcommands and options', async () => {
  expect(await completed(['sqlift', 'mig'])).toEqual(['migrate']);
  expect((await completed(['sqlift', 'quarantine', ''])).sort()).toEqual(['accept', 'export', 'list', 'retry', 'show']);
  expect(await completed(['sqlift', 'migrate', '--acc'])).toEqual(['--accept-quarantine']);
  expect(await completed(['sqlift', '--quiet', 'stack', 'st'])).toEqual(['status']);
});

test.each(['zsh', 'fish'])('%s gets a script that names every command', async (shell) => {
  const { code, stdout } = await sqlift(['completion', shell]);
  expect(code).toBe(0);
  for (const name of ['migrate', 'rollback', 'quarantine', '--accept-quarantine'])
    expect(stdout).toContain(name.replace(/^--/, ''));
});

test('an unknown shell is a usage error', async () => {
  expect((await sqlift(['completion', 'tcsh'])).code).toBe(2);
});
