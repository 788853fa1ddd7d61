import { redact, rememberSecret, rememberUrl } from '../../client/redact';

test('the password of any address is hidden, and the rest of it kept', () => {
  expect(redact('to postgres://me:s3cr3t@db:5432/app now')).toBe('to postgres://me:***@db:5432/app now');
  expect(redact('redis://:s3cr3t@host')).toBe('redis://:***@host');
});

test('a password with an @ or a colon in it is hidden whole', () => {
  expect(redact('postgres://me:a:b@c@db/app')).toBe('postgres://me:***@db/app');
});

test('a remembered secret is hidden wherever it turns up, as it is and as URLs spell it', () => {
  rememberUrl('postgres://me:t0p%2Fs3cret@db/app');
  expect(redact('password is t0p/s3cret or t0p%2Fs3cret')).toBe('password is *** or ***');
  rememberSecret('key-12345');
  expect(redact('Authorization: Bearer key-12345')).toBe('Authorization: Bearer ***');
});

test('text without secrets stays as it is', () => {
  const text = 'schema.table at 12:30:45, see http://127.0.0.1:8233/namespaces/default and me@example.com';
  expect(redact(text)).toBe(text);
});
