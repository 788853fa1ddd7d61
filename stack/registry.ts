import { neo4j } from './neo4j';
import { pinecone } from './pinecone';
import { postgres } from './postgres';
import { redis } from './redis';
import type { EmbeddedServer, ServerName } from './server';
import { temporal } from './temporal';

/** Every embedded server there is, in the order in which they start. */
export const SERVERS: { [Name in ServerName]: EmbeddedServer<Name> } = { postgres, temporal, neo4j, redis, pinecone };
