import { provenanceLines } from '../provenance';
import type { ArtefactFile, Provenance, Target } from '../target';
import { lineComment, stringLiteral } from '../typescript';
import { baselineFiles } from './baseline';
import { drizzleNames } from './names';
import { relationsFile } from './relations-file';
import { schemaFile } from './schema-file';

/** The schema for Drizzle ORM 0.45 and drizzle-kit 0.31: tables, relations, connection, configuration and the first migration. */
export function drizzleArtefact(target: Target, provenance: Provenance): ArtefactFile[] {
  const names = drizzleNames(target);
  const head = provenanceLines(provenance).map(lineComment).join('\n');
  const code = (path: string, text: string): ArtefactFile => ({ path, text: `${head}\n\n${text}\n` });
  return [
    code('schema.ts', schemaFile(target, names)),
    code('relations.ts', relationsFile(target, names)),
    code('index.ts', INDEX),
    code('drizzle.config.ts', config(target)),
    ...baselineFiles(target),
  ];
}

const INDEX = `import { drizzle } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import * as relations from './relations';
import * as tables from './schema';

export * from './schema';

export const schema = { ...tables, ...relations };

/** Typed access to the database behind the pool; nested queries are at \`.query\`. */
export const database = (pool: Pool) => drizzle(pool, { schema });`;

function config({ schemas }: Target): string {
  return `import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './schema.ts',
  out: './drizzle',
  schemaFilter: [${schemas.map(stringLiteral).join(', ')}],
  dbCredentials: { url: process.env.DATABASE_URL ?? '' },
});`;
}
