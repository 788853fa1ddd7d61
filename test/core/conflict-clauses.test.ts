import { conflictClauses } from '../../core/conflict-clauses';

test('every ON CONFLICT clause is found, with its column and its constraint', () => {
  expect(
    conflictClauses(`CREATE TABLE "t (" (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, "a,b" TEXT UNIQUE on conflict ignore DEFAULT ('ON CONFLICT FAIL'),
      c INT NOT NULL ON CONFLICT ROLLBACK CHECK (c > (0)) -- ON CONFLICT FAIL
      , CONSTRAINT u UNIQUE (c, id) ON CONFLICT FAIL)`),
  ).toEqual([
    { column: 'id', text: 'PRIMARY KEY ON CONFLICT REPLACE' },
    { column: 'a,b', text: 'UNIQUE ON CONFLICT IGNORE' },
    { column: 'c', text: 'NOT NULL ON CONFLICT ROLLBACK' },
    { text: 'UNIQUE ON CONFLICT FAIL' },
  ]);
});

test('ABORT is what PostgreSQL does, too', () => {
  expect(conflictClauses('CREATE TABLE t (a UNIQUE ON CONFLICT ABORT, b)')).toEqual([]);
});
