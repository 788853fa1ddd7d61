import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { checkTarget } from '../../../stores/postgres/preflight';
import type { WantedTable } from '../../../stores/postgres/preflight';
import { openTarget } from '../../../stores/postgres/target';
import { expectSqliftError } from '../../support/loaded-run';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

const role = `plain_${randomBytes(4).toString('hex')}`;
let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = openTarget(database.url);
  await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'`);
});
afterAll(async () => {
  await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query(
    'DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA app; CREATE SCHEMA other',
  );
});

function wanted(
  name: string,
  ifExists: WantedTable['ifExists'] = 'error',
  more: Partial<WantedTable> = {},
): WantedTable {
  return { schema: 'app', name, ifExists, columns: [{ name: 'id', type: 'bigint' }], indexes: [], ...more };
}

/** Work as a user that is neither superuser nor owner of anything. */
async function asPlainRole<T>(work: (plain: Pool) => Promise<T>): Promise<T> {
  const url = new URL(database.url);
  url.username = role;
  url.password = 'plain';
  const plain = openTarget(url.href);
  try {
    return await work(plain);
  } finally {
    await plain.end();
  }
}

test('a target with nothing in the way is described', async () => {
  await pool.query('CREATE TABLE app.old (id bigint); CREATE TABLE app.more (id bigint)');
  const facts = await checkTarget(pool, [
    wanted('new'),
    wanted('old', 'replace'),
    wanted('more', 'append'),
    wanted('x', 'error', { schema: 'fresh' }),
  ]);
  expect(facts).toMatchObject({
    database: database.name,
    missingSchemas: ['fresh'],
    existing: [
      { schema: 'app', name: 'more' },
      { schema: 'app', name: 'old' },
    ],
  });
  expect(facts.version).toMatch(/^\d+\.\d+/);
});

describe('a target that accepts no writes is refused', () => {
  test('since sessions of the user are read-only', async () => {
    await pool.query(
      `GRANT CREATE ON DATABASE "${database.name}" TO ${role}; ALTER ROLE ${role} SET default_transaction_read_only = on`,
    );
    try {
      await asPlainRole((plain) =>
        expectSqliftError(checkTarget(plain, [wanted('t')]), 'TargetReadOnly', database.name),
      );
    } finally {
      await pool.query(
        `REVOKE CREATE ON DATABASE "${database.name}" FROM ${role}; ALTER ROLE ${role} RESET default_transaction_read_only`,
      );
    }
  });
});

describe('missing rights are named', () => {
  test('to create schemas', async () => {
    await asPlainRole((plain) =>
      expectSqliftError(
        checkTarget(plain, []),
        'TargetRightsMissing',
        role,
        `GRANT CREATE ON DATABASE ${database.name} TO ${role}`,
      ),
    );
  });

  test('to create tables in schemas of the plan, all at once', async () => {
    await pool.query(`GRANT CREATE ON DATABASE "${database.name}" TO ${role}; GRANT CREATE ON SCHEMA other TO ${role}`);
    await asPlainRole((plain) =>
      expectSqliftError(
        checkTarget(plain, [wanted('t'), wanted('t', 'error', { schema: 'other' })]),
        'TargetRightsMissing',
        'app, other',
        role,
      ),
    );
    await pool.query(`GRANT USAGE, CREATE ON SCHEMA app, other TO ${role}`);
    await asPlainRole((plain) => checkTarget(plain, [wanted('t'), wanted('t', 'error', { schema: 'other' })]));
  });

  test('to replace or append to tables of somebody else', async () => {
    await pool.query(
      `GRANT CREATE ON DATABASE "${database.name}" TO ${role}; GRANT USAGE, CREATE ON SCHEMA app TO ${role}; CREATE TABLE app.a (id bigint); CREATE TABLE app.b (id bigint); GRANT INSERT, SELECT ON app.b TO ${role}`,
    );
    await asPlainRole(async (plain) => {
      await expectSqliftError(
        checkTarget(plain, [wanted('a', 'replace'), wanted('b', 'replace')]),
        'TargetRightsMissing',
        'app.a',
        'app.b',
      );
      await expectSqliftError(
        checkTarget(plain, [wanted('a', 'append'), wanted('b', 'append')]),
        'TargetMismatch',
        'app.a: no right',
        'app.b: no right',
      );
      await pool.query(`GRANT DELETE ON app.b TO ${role}`);
      await checkTarget(plain, [wanted('b', 'append')]);
    });
  });
});

describe('what stands in the way is named, all of it', () => {
  test('tables, views, sequences and indexes', async () => {
    await pool.query(
      'CREATE TABLE app.t (id bigint); CREATE VIEW app.v AS SELECT 1 AS one; CREATE SEQUENCE app.s; CREATE TABLE app.u (id bigint); CREATE INDEX i ON app.u (id); CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS one',
    );
    const plan = [
      wanted('t'),
      wanted('v'),
      wanted('s'),
      wanted('m'),
      wanted('new', 'error', { indexes: ['i', 'free'] }),
    ];
    await expectSqliftError(checkTarget(pool, plan), 'TargetExists', 'app.i', 'app.m', 'app.s', 'app.t', 'app.v');
    await checkTarget(pool, [wanted('free')]);
  });

  test('types, since a table brings one of its own name', async () => {
    await pool.query(
      `CREATE TYPE app.mood AS ENUM ('ok'); CREATE DOMAIN app.posint AS int CHECK (VALUE > 0); CREATE TYPE app.pair AS (a int, b int)`,
    );
    await expectSqliftError(
      checkTarget(pool, [wanted('mood'), wanted('posint'), wanted('pair', 'replace')]),
      'TargetExists',
      'app.mood',
      'app.posint',
      'app.pair',
    );
  });

  test('a view can be neither replaced nor appended to', async () => {
    await pool.query('CREATE VIEW app.v AS SELECT 1 AS id; CREATE VIEW app.w AS SELECT 1 AS id');
    await expectSqliftError(
      checkTarget(pool, [wanted('v', 'replace'), wanted('w', 'append')]),
      'TargetExists',
      'app.v',
      'app.w',
    );
  });

  test('but not the indexes of tables that are replaced or appended to, nor those that an appended table would not get', async () => {
    await pool.query(
      'CREATE TABLE app.r (id bigint CONSTRAINT r_pkey PRIMARY KEY); CREATE TABLE app.a (id bigint); CREATE INDEX a_id ON app.a (id); CREATE TABLE app.u (id bigint); CREATE INDEX elsewhere ON app.u (id)',
    );
    await checkTarget(pool, [
      wanted('r', 'replace', { indexes: ['r_pkey'] }),
      wanted('a', 'append', { indexes: ['a_id', 'elsewhere'] }),
    ]);
    await expectSqliftError(
      checkTarget(pool, [wanted('r', 'replace', { indexes: ['elsewhere'] })]),
      'TargetExists',
      'app.elsewhere',
    );
  });

  test('twenty by name and the rest by number', async () => {
    await pool.query(
      Array.from({ length: 25 }, (_, index) => `CREATE TABLE app.t${String(index).padStart(2, '0')} (id bigint)`).join(
        ';',
      ),
    );
    const plan = Array.from({ length: 25 }, (_, index) => wanted(`t${String(index).padStart(2, '0')}`));
    await expectSqliftError(checkTarget(pool, plan), 'TargetExists', 'app.t00', 'app.t19 and 5 more');
  });
});

describe('a table that others build on is not replaced', () => {
  test.each([
    ['a view', 'CREATE VIEW other.v AS SELECT id FROM app.t', 'view other.v'],
    [
      'a view on a view',
      'CREATE VIEW app.w AS SELECT id FROM app.t; CREATE VIEW other.v AS SELECT id FROM app.w',
      'view app.w',
    ],
    ['a materialized view', 'CREATE MATERIALIZED VIEW other.m AS SELECT id FROM app.t', 'materialized view other.m'],
    [
      'a foreign key from outside',
      'CREATE TABLE other.child (t bigint CONSTRAINT to_t REFERENCES app.t)',
      'foreign key to_t of other.child',
    ],
    [
      'a function with a parsed body',
      'CREATE FUNCTION other.f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT max(id) FROM app.t; END',
      'function other.f()',
    ],
    [
      'a function that returns its rows',
      `CREATE FUNCTION other.g() RETURNS SETOF app.t LANGUAGE sql AS 'SELECT * FROM app.t'`,
      'function other.g()',
    ],
    [
      'a default that draws from its sequence',
      `CREATE TABLE other.d (id bigint DEFAULT nextval('app.t_n_seq'))`,
      'other.d',
    ],
    ['a table that inherits from it', 'CREATE TABLE other.kid () INHERITS (app.t)', 'table other.kid'],
    [
      'a rule on another table',
      'CREATE TABLE other.r (id bigint); CREATE RULE log AS ON INSERT TO other.r DO ALSO INSERT INTO app.t VALUES (new.id)',
      'table other.r',
    ],
    [
      'a policy on another table',
      'CREATE TABLE other.p (id bigint); CREATE POLICY only_t ON other.p USING (EXISTS (SELECT FROM app.t WHERE t.id = p.id))',
      'policy only_t on table other.p',
    ],
  ])('%s', async (_, sql, named) => {
    await pool.query(
      `CREATE TABLE app.t (id bigint PRIMARY KEY, n serial, parent bigint REFERENCES app.t, CHECK (n > 0)); ${sql}`,
    );
    await expectSqliftError(checkTarget(pool, [wanted('t', 'replace')]), 'TargetDependents', named);
    // Appending disturbs none of them.
    await checkTarget(pool, [wanted('t', 'append')]);
  });

  test('what belongs to the tables themselves is no hindrance', async () => {
    await pool.query(`CREATE TABLE app.t (id bigint PRIMARY KEY, n serial, parent bigint REFERENCES app.t, CHECK (n > 0)); CREATE INDEX ON app.t (n); CREATE TABLE app.child (t bigint REFERENCES app.t);
      CREATE FUNCTION other.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER touch BEFORE INSERT ON app.t FOR EACH ROW EXECUTE FUNCTION other.touch();
      CREATE POLICY own ON app.t USING (id > 0); CREATE RULE log AS ON DELETE TO app.t DO ALSO NOTIFY gone; CREATE STATISTICS app.st ON id, n FROM app.t`);
    await checkTarget(pool, [wanted('t', 'replace'), wanted('child', 'replace')]);
    await expectSqliftError(checkTarget(pool, [wanted('t', 'replace')]), 'TargetDependents', 'of app.child');
  });
});

test('every column that an appended table disagrees on is named', async () => {
  await pool.query(
    `CREATE TABLE app.t (id integer, name varchar(20), price numeric(10,2), must text NOT NULL, made text GENERATED ALWAYS AS ('x') STORED, at timestamptz NOT NULL DEFAULT now(), auto bigint GENERATED ALWAYS AS IDENTITY)`,
  );
  const columns = [
    { name: 'id', type: 'bigint' },
    { name: 'name', type: 'varchar(30)' },
    { name: 'price', type: 'numeric(10,3)' },
    { name: 'made', type: 'text' },
    { name: 'gone', type: 'text' },
  ];
  await expectSqliftError(
    checkTarget(pool, [wanted('t', 'append', { columns })]),
    'TargetMismatch',
    'app.t.id is integer, the plan says bigint',
    'app.t.name is character varying(20)',
    'app.t.price is numeric(10,2)',
    'app.t.made is generated',
    'no column gone',
    'app.t.must needs a value',
  );
});

test('types of the plan are recognised in every spelling', async () => {
  const types = [
    'bigint',
    'integer',
    'smallint',
    'double precision',
    'numeric',
    'numeric(10)',
    'numeric(10,2)',
    'boolean',
    'text',
    'varchar(7)',
    'bytea',
    'date',
    'timestamp',
    'timestamptz',
    'uuid',
    'json',
    'jsonb',
  ];
  const columns = types.map((type, index) => ({ name: `c${index}`, type }));
  await pool.query(`CREATE TABLE app.t (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
  await checkTarget(pool, [wanted('t', 'append', { columns })]);
});
