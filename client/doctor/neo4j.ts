import type { Session } from 'neo4j-driver';
import { SqliftError } from '../../core/errors';
import type { Connections } from '../../stores/connections';
import { hostOf } from '../settings';
import type { Check } from './check';

const NAME = 'Neo4j';

/** Neo4j's default port. */
const PORT = 7687;

/** The driver speaks to these, and runs need subqueries in transactions. */
const OLDEST_MAJOR = 5;

const WAIT_MS = 5_000;

/**
 * What Neo4j says of itself, and whether a write is let in, which is taken back. Throws TargetUnreachable, or
 * TargetAccessDenied for a wrong password or database.
 */
export async function neo4jChecks(connection: NonNullable<Connections['neo4j']>, origin: string): Promise<Check[]> {
  const { default: neo4j } = await import('neo4j-driver');
  const { uri, username = 'neo4j', password, database } = connection;
  const where = `${hostOf(uri, PORT)} (${origin})`;
  const driver = neo4j.driver(uri, password === undefined ? undefined : neo4j.auth.basic(username, password), {
    connectionTimeout: WAIT_MS,
    connectionAcquisitionTimeout: WAIT_MS,
    maxTransactionRetryTime: 0,
    telemetryDisabled: true,
  });
  const session = driver.session({ ...(database !== undefined && { database }) });
  const ask = async (cypher: string): Promise<Record<string, unknown>> =>
    (await session.run(cypher, {}, { timeout: WAIT_MS })).records[0]?.toObject() ?? {};
  try {
    const { version, edition } = await ask(
      `CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version, edition`,
    );
    const checks: Check[] = [versionCheck(String(version), String(edition), where)];
    checks.push(await writeCheck(() => writeAndTakeBack(session)));
    const gds = await ask('RETURN gds.version() AS gds').then(
      (row) => String(row.gds),
      () => undefined,
    );
    checks.push(gdsCheck(gds));
    return checks;
  } catch (cause) {
    throw neo4jFailure(cause, where);
  } finally {
    await session.close();
    await driver.close();
  }
}

function versionCheck(version: string, edition: string, where: string): Check {
  const isOld = Number.parseInt(version, 10) < OLDEST_MAJOR;
  return {
    name: NAME,
    state: isOld ? 'bad' : 'ok',
    text: `${version} ${edition} at ${where}`,
    ...(isOld && {
      help: `Neo4j ${OLDEST_MAJOR} or later is needed: upgrade it, or give another address in NEO4J_URI.`,
    }),
  };
}

async function writeCheck(write: () => Promise<unknown>): Promise<Check> {
  const name = 'Neo4j rights';
  try {
    await write();
    return { name, state: 'ok', text: 'may write' };
  } catch (cause) {
    const code = codeOf(cause);
    const isReadOnly = /ReadOnly|NotALeader/.test(code);
    const help = isReadOnly
      ? 'Give the address of the server that takes writes: `neo4j://` finds it by itself in a cluster.'
      : 'Give the user a role that writes and makes constraints, such as architect, or another one in NEO4J_USERNAME.';
    return { name, state: 'bad', text: `a write is refused (${code})`, help };
  }
}

/** Nothing is left of it, no label either. */
async function writeAndTakeBack(session: Session): Promise<void> {
  const transaction = session.beginTransaction();
  try {
    await transaction.run('CREATE (n) DELETE n');
  } finally {
    await transaction.rollback().catch(() => undefined);
  }
}

function gdsCheck(gds: string | undefined): Check {
  const name = 'Graph Data Science';
  if (gds !== undefined) return { name, state: 'ok', text: gds };
  return {
    name,
    state: 'note',
    text: 'not there: algorithms of a plan are computed by graphology',
    help: 'To have them in Neo4j put the plugin into its `plugins` folder and restart it.',
  };
}

const codeOf = (cause: unknown): string => (cause as { code?: string }).code ?? 'without a code';

/** Neo4j's own words are left out: they may quote what was asked. */
function neo4jFailure(cause: unknown, where: string): unknown {
  const code = codeOf(cause);
  const place = { server: 'neo4j' };
  if (code.startsWith('Neo.ClientError.Security.'))
    return new SqliftError('TargetAccessDenied', `Neo4j at ${where} refuses this user and password`, place, { cause });
  if (code.startsWith('Neo.ClientError.Database.'))
    return new SqliftError('TargetAccessDenied', `Neo4j at ${where} has no such database (NEO4J_DATABASE)`, place, {
      cause,
    });
  return new SqliftError('TargetUnreachable', `Neo4j at ${where} does not answer`, place, { cause });
}
