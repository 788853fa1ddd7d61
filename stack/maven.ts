import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Java and Maven, through which Maven Central's servers are fetched and run; and the command that installs what is missing. */

const run = promisify(execFile);

/** A quarter of an hour: Neo4j is 142 MB. */
const FETCH_MS = 900_000;

export interface Java {
  program: string;
  /** 17 of 17.0.15, 8 of 1.8.0. */
  major: number;
}

/** Java of JAVA_HOME, else of the PATH: the first of at least this major version, else the newest that is too old; `undefined` when there is none. */
export async function findJava(env: NodeJS.ProcessEnv, oldest: number): Promise<Java | undefined> {
  const folders = [...(env.JAVA_HOME ? [path.join(env.JAVA_HOME, 'bin')] : []), ...onPath(env)];
  const programs = [...new Set(folders)].map((folder) => path.join(folder, 'java')).filter((file) => existsSync(file));
  const found: Java[] = [];
  for (const program of programs) {
    const major = await versionOf(program, env);
    if (major === undefined) continue;
    if (major >= oldest) return { program, major };
    found.push({ program, major });
  }
  return found.sort((a, b) => b.major - a.major)[0];
}

/** The `mvn` of the PATH; `undefined` when there is none. */
export function findMaven(env: NodeJS.ProcessEnv): string | undefined {
  return onPath(env)
    .map((folder) => path.join(folder, 'mvn'))
    .find((file) => existsSync(file));
}

/** What `fetchWithMaven` throws, with the end of what Maven said. */
export class MavenFailed extends Error {}

/** Lets the pom of `stack/NAME` put its artifacts into a folder. Throws MavenFailed. */
export async function fetchWithMaven(mvn: string, name: string, into: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    const args = [
      '--quiet',
      '--batch-mode',
      '-Dstyle.color=never',
      '--file',
      pomFile(name),
      `-Dinto=${into}`,
      'package',
    ];
    await run(mvn, args, { env, cwd: into, timeout: FETCH_MS, maxBuffer: 16 * 1024 * 1024 });
  } catch (cause) {
    const { stdout = '', stderr = '', message } = cause as { stdout?: string; stderr?: string; message: string };
    const said = `${stderr}\n${stdout}`.split('\n').filter((line) => /ERROR|Error|JAVA_HOME/.test(line));
    throw new MavenFailed(said[0]?.trim() ?? message, { cause });
  }
}

/** A property of the pom of `stack/NAME`, such as `neo4j.version`. */
export function pomProperty(name: string, property: string): string {
  const value = new RegExp(`<${property}>([^<]+)</${property}>`).exec(readFileSync(pomFile(name), 'utf8'))?.[1];
  if (value === undefined) throw new Error(`${pomFile(name)} has no property ${property}`);
  return value;
}

/** The one command that installs these on this machine, in back-quotes; words for people where its package manager is not known. */
export function installHint(wanted: readonly ('java' | 'newer java' | 'maven' | 'redis')[]): string {
  const [, command, packages] = MANAGERS.find(([program]) => existsSync(program)) ?? [];
  if (command === undefined || packages === undefined) return `Install ${wanted.join(', ')}`;
  return `Get ${wanted.length > 1 ? 'them' : 'it'} with \`${command} ${wanted.map((one) => packages[one]).join(' ')}\``;
}

/** The program that tells the package manager, how it installs, and what it calls things. */
const MANAGERS = [
  [
    '/usr/bin/apt-get',
    'sudo apt-get install -y',
    { java: 'default-jre-headless', 'newer java': 'openjdk-17-jre-headless', maven: 'maven', redis: 'redis-server' },
  ],
  [
    '/usr/bin/dnf',
    'sudo dnf install -y',
    { java: 'java-21-openjdk-headless', 'newer java': 'java-21-openjdk-headless', maven: 'maven', redis: 'redis' },
  ],
  [
    '/usr/bin/pacman',
    'sudo pacman -S --needed',
    { java: 'jre-openjdk-headless', 'newer java': 'jre-openjdk-headless', maven: 'maven', redis: 'redis' },
  ],
  [
    '/opt/homebrew/bin/brew',
    'brew install',
    { java: 'openjdk@21', 'newer java': 'openjdk@21', maven: 'maven', redis: 'redis' },
  ],
  [
    '/usr/local/bin/brew',
    'brew install',
    { java: 'openjdk@21', 'newer java': 'openjdk@21', maven: 'maven', redis: 'redis' },
  ],
] as const;

/** In a checkout the pom is beside this file; compiled, this file is in `dist/stack`. */
function pomFile(name: string): string {
  const beside = path.join(__dirname, name, 'pom.xml');
  return existsSync(beside) ? beside : path.join(__dirname, '..', '..', 'stack', name, 'pom.xml');
}

const onPath = (env: NodeJS.ProcessEnv): string[] =>
  (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');

/** macOS has a `java` that only says that there is none. */
async function versionOf(program: string, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  try {
    const { stderr, stdout } = await run(program, ['-version'], { env, timeout: 30_000 });
    const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(`${stderr}${stdout}`) ?? [];
    return first === undefined ? undefined : Number(first === '1' ? second : first);
  } catch {
    return undefined;
  }
}
