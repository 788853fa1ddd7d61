import fc from '../support/property';
import { Namespace, SYSTEM_COLUMNS, fitName, sequenceName } from '../../core/names';

const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom(
    '',
    'a',
    'ctid',
    'xmin',
    'users',
    'users_pkey',
    'é'.repeat(31),
    'é'.repeat(32),
    '😀'.repeat(16),
    'a'.repeat(63),
    'a'.repeat(64),
    'a'.repeat(65),
    '\ud800x',
    'a\0b',
  ),
);

test('names never collide, are never empty and have at most 63 bytes', () => {
  fc.assert(
    fc.property(fc.array(name), (wanted) => {
      const names = new Namespace(SYSTEM_COLUMNS);
      const given = wanted.map((one) => names.take(one));
      expect(new Set([...given, ...SYSTEM_COLUMNS]).size).toBe(given.length + SYSTEM_COLUMNS.length);
      for (const one of given) {
        expect(Buffer.byteLength(one)).toBeGreaterThan(0);
        expect(Buffer.byteLength(one)).toBeLessThanOrEqual(63);
        expect(one).not.toContain('\0');
        expect(Buffer.from(one).toString()).toBe(one);
      }
    }),
  );
});

test('the same names in the same order give the same result', () => {
  fc.assert(
    fc.property(fc.array(name), (wanted) => {
      const take = () => {
        const names = new Namespace();
        return wanted.map((one) => names.take(one));
      };
      expect(take()).toEqual(take());
    }),
  );
});

test('a name that fits stays as it is', () => {
  expect(fitName('Order Details')).toBe('Order Details');
  expect(fitName('é'.repeat(31))).toBe('é'.repeat(31));
});

test('a long name keeps its beginning, cut between two characters', () => {
  expect(fitName(`${'a'.repeat(53)}é${'b'.repeat(20)}`)).toMatch(/^a{53}_[0-9a-f]{8}$/);
  expect(fitName('é'.repeat(40))).toMatch(/^é{27}_[0-9a-f]{8}$/);
});

test('names of sequences share the room between table and column', () => {
  expect(sequenceName('users', 'id')).toBe('users_id_seq');
  expect(sequenceName('t'.repeat(63), 'id')).toBe(`${'t'.repeat(56)}_id_seq`);
  expect(sequenceName('t'.repeat(40), 'c'.repeat(40))).toBe(`${'t'.repeat(29)}_${'c'.repeat(29)}_seq`);
  expect(sequenceName('é'.repeat(31), 'id')).toBe(`${'é'.repeat(28)}_id_seq`);
});
