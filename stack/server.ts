import type { StackState } from './state';

/** What every embedded server is to the stack: a new one is one file with such an object, and one line in `registry.ts`. */

/** The servers that answer, with what a client needs to reach them; a key is absent when its server does not run. */
export interface StackStatus {
  postgres?: { url: string; version: string };
  temporal?: { address: string; webUrl: string; version: string };
  /** Without user and password: it is open to whoever can reach the loopback address. */
  neo4j?: { url: string; version: string; gds: string };
  redis?: { url: string; version: string };
  /** Of the control plane; an index's own is in its `host`. */
  pinecone?: { url: string };
}

export type ServerName = keyof StackStatus;

/** The servers that a plan can fill. */
export type StoreName = Exclude<ServerName, 'temporal'>;

/** The same, with what each costs. */
export type StackReport = {
  [Name in ServerName]?: NonNullable<StackStatus[Name]> & {
    /** Bytes that all processes of the server occupy. */
    memory?: number;
    /** Where its output goes. */
    log?: string;
  };
};

/** Takes one calm line for each step that takes time. */
export type OnStep = (line: string) => void;

export interface StackContext {
  /** The state folder, which exists. */
  home: string;
  state: StackState;
  env: NodeJS.ProcessEnv;
  onStep: OnStep;
  /** Settings of PostgreSQL besides, or instead of, the usual ones. */
  postgresSettings?: Readonly<Record<string, string>>;
}

export interface EmbeddedServer<Name extends ServerName> {
  name: Name;
  /** Whether the environment already gives the address of such a server; then none is started. */
  isConfigured(env: NodeJS.ProcessEnv): boolean;
  /** Finds or fetches the programs. Throws ServerMissing, naming what gets them. Repeatable. */
  ensureProgram(env: NodeJS.ProcessEnv, onStep: OnStep): Promise<void>;
  /** Starts it unless it runs, and waits until it answers. May change `context.state`. */
  start(context: StackContext): Promise<NonNullable<StackStatus[Name]>>;
  /** Asks the running server; `undefined` when it does not answer within a few seconds. Changes nothing. */
  status(home: string, state: StackState): Promise<StackStatus[Name] | undefined>;
}
