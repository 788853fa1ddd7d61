import { existsSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { cachedProgram } from './cached';
import { programsCache } from './home';
import { MavenFailed, fetchWithMaven, findJava, findMaven, installHint, pomProperty } from './maven';
import type { OnStep } from './server';

/** Neo4j 5.26 needs at least this Java. */
const OLDEST_JAVA = 17;

export interface Neo4jProgram {
  java: string;
  /** Folder with `lib` and `plugins`: see stack/neo4j/pom.xml. */
  folder: string;
}

/**
 * Java, and Neo4j's jars with those of Graph Data Science, which Maven fetches the first time. A `neo4j` on the PATH is not
 * taken: its configuration and data are its owner's, and few have Graph Data Science; NEO4J_URI is for those.
 * Throws ServerMissing with all that is missing, and the command that gets it.
 */
export async function ensureNeo4j(env: NodeJS.ProcessEnv, onStep: OnStep): Promise<Neo4jProgram> {
  const name = `neo4j-${pomProperty('neo4j', 'neo4j.version')}-gds-${pomProperty('neo4j', 'gds.version')}`;
  const cached = existsSync(path.join(programsCache(env), name));
  const java = await findJava(env, OLDEST_JAVA);
  const mvn = findMaven(env);
  const isOld = java !== undefined && java.major < OLDEST_JAVA;
  const needsMaven = !cached && mvn === undefined;
  if (java === undefined || isOld || needsMaven) {
    const problems = [
      ...(java === undefined ? [`there is no java on the PATH (${OLDEST_JAVA} or later runs it)`] : []),
      ...(isOld ? [`${java.program} is Java ${java.major}, and ${OLDEST_JAVA} or later is needed`] : []),
      ...(needsMaven ? ['there is no mvn on the PATH (Maven fetches it, once)'] : []),
    ];
    const wanted = [
      ...(java === undefined ? ['java' as const] : isOld ? ['newer java' as const] : []),
      ...(needsMaven ? ['maven' as const] : []),
    ];
    throw missing(`${problems.join(', and ')}. ${installHint(wanted)}`);
  }
  const folder = await cachedProgram(env, name, async (draft) => {
    onStep('Fetching Neo4j and Graph Data Science with Maven (once, 142 MB)');
    try {
      await fetchWithMaven(mvn!, 'neo4j', draft, env);
    } catch (cause) {
      if (!(cause instanceof MavenFailed)) throw cause;
      throw missing(`Maven could not fetch it: ${cause.message}. Connect to the network and run this again`, cause);
    }
  });
  return { java: java.program, folder };
}

const missing = (problem: string, cause?: unknown): SqliftError =>
  new SqliftError(
    'ServerMissing',
    `Neo4j cannot be had: ${problem}; or set NEO4J_URI to the address of a server of yours`,
    { server: 'neo4j' },
    { cause },
  );
