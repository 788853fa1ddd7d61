import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ERRORS } from '../../core/errors';

const file = path.join(__dirname, '../../docs/errors.md');

/** The page that every error points to: made from the table, so that no code is missing. */
function errorsPage(): string {
  const intro =
    '# Errors\n\nEvery error of sqlift has a code, an exit code and something to do next. Errors that are tried again by themselves end a run only when they last.\n';
  const sections = Object.entries(ERRORS).map(
    ([code, { retry, exit, hint }]) =>
      `## ${code}\n\n${hint}\n\nExit code ${exit}. ${retry === 'auto' ? 'Tried again by itself.' : 'Not tried again by itself.'}\n`,
  );
  return [intro, ...sections].join('\n');
}

test('docs/errors.md has a section for every error, as the table has it (SQLIFT_UPDATE=1 writes it)', () => {
  if (process.env.SQLIFT_UPDATE === '1') writeFileSync(file, errorsPage());
  expect(readFileSync(file, 'utf8')).toBe(errorsPage());
});

test('docs/exit-codes.md explains every exit code that an error can give', () => {
  const page = readFileSync(path.join(__dirname, '../../docs/exit-codes.md'), 'utf8');
  for (const { exit } of Object.values(ERRORS)) expect(page).toMatch(new RegExp(`^\\| ${exit} +\\|`, 'm'));
});
