import picocolors from 'picocolors';
import { ApplicationFailure } from '@temporalio/common';
import { asSqliftError, exitCodeOf, renderError } from '../../client/errors';
import { ERRORS, SqliftError } from '../../core/errors';
import type { ErrorCode } from '../../core/errors';

const options = { colors: picocolors.createColors(false), debug: false, command: './sqlift' };
const CODES = Object.keys(ERRORS) as ErrorCode[];

test.each(CODES)('%s is shown with its code, message, place, hint and where to read more', (code) => {
  const text = renderError(
    new SqliftError(code, 'it happened', {
      file: 'app.plan.yaml',
      line: 12,
      column: 5,
      table: 'films',
      field: 'title',
    }),
    options,
  );
  expect(text.split('\n')[0]).toBe(`error[${code}]: it happened`);
  expect(text).toContain('app.plan.yaml:12:5, table films, column title');
  expect(text).toContain(`docs/errors.md#${code.toLowerCase()}`);
  expect(text).toContain('help: ');
});

test.each(CODES)('%s has one of the documented exit codes', (code) => {
  expect([1, 2, 3, 4, 6]).toContain(exitCodeOf(new SqliftError(code, 'it happened')));
});

test('hints name the program as it is called here', () => {
  expect(renderError(new SqliftError('RunUnknown', 'no such run'), options)).toContain('`./sqlift list`');
});

test('an unknown error is Internal, and its stack is shown only on --debug', () => {
  const error = new TypeError('x is not a function');
  expect(exitCodeOf(error)).toBe(1);
  expect(renderError(error, options)).toMatch(/^error\[Internal\]: x is not a function/);
  expect(renderError(error, options)).not.toContain('errors.test');
  expect(renderError(error, { ...options, debug: true })).toContain('errors.test');
});

test('passwords in addresses are hidden, in messages and in stacks', () => {
  const error = new Error('cannot reach postgres://user:hunter22@host:5432/db?password=hunter33');
  expect(renderError(error, { ...options, debug: true })).not.toMatch(/hunter/);
});

test('the failure of a workflow is shown as the error it carries', () => {
  const cause = ApplicationFailure.create({
    type: 'TargetReadOnly',
    message: 'database app accepts no writes',
    details: [{ place: { server: 'app' } }],
  });
  const known = asSqliftError(new Error('Workflow execution failed', { cause }));
  expect([known.code, known.message, known.place]).toEqual([
    'TargetReadOnly',
    'database app accepts no writes',
    { server: 'app' },
  ]);
});

test('a full disk is said to be one, whoever met it', () => {
  expect(asSqliftError(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })).code).toBe(
    'DiskFull',
  );
});
