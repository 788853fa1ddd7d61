import type { ViewMapping } from '../../core/mapping';
import { createTableSql, foreignKeyStep, keySteps } from '../../stores/postgres/ddl';
import { quoteIdent } from '../../stores/postgres/names';
import { viewSql } from '../../stores/postgres/views';
import { provenanceLines } from './provenance';
import { triggerFrames } from './triggers';
import type { ArtefactFile, Provenance, Target, TargetTable } from './target';

/** All statements that make the target in an empty database, in an order that PostgreSQL takes; within one transaction. */
export function ddlOf({ schemas, tables, views }: Target): string[] {
  const at = (table: TargetTable) => ({ schema: table.schema, table: table.name });
  return [
    ...schemas.map((schema) => `CREATE SCHEMA IF NOT EXISTS ${quoteIdent(schema)}`),
    ...tables.map((table) => createTableSql(table.mapping, at(table))),
    ...tables.flatMap((table) => keySteps(table.mapping, at(table)).map(({ sql }) => sql)),
    ...tables.flatMap((table) =>
      table.foreignKeys.map(
        (key, i) =>
          foreignKeyStep(table.mapping, at(table), table.mapping.foreignKeys[i]!, key.parent.mapping, at(key.parent))
            .sql,
      ),
    ),
    ...views.flatMap((view) => [searchPath(view), viewSql(view.schema, view.target, view.sql)]),
    ...(views.length === 0 ? [] : ['SET LOCAL search_path = DEFAULT']),
  ];
}

/** Names in the SQL of a view have no schema. */
const searchPath = ({ schema }: ViewMapping): string => `SET LOCAL search_path = pg_catalog, ${quoteIdent(schema)}`;

const FRAMES =
  '-- Triggers are not translated. Take the "-- " off the lines of those that you want, and write what they do in PostgreSQL’s words.';

/** The statements as one file: all of it or nothing. Triggers are in it as comments to fill in. */
export function sqlArtefact(target: Target, provenance: Provenance): ArtefactFile[] {
  const head = provenanceLines(provenance).map((line) => `-- ${line}`);
  const frames = triggerFrames(target);
  const triggers = frames.length === 0 ? [] : [FRAMES, ...frames];
  const statements = ['BEGIN;', ...ddlOf(target).map(ended), ...triggers, 'COMMIT;'];
  return [{ path: 'schema.sql', text: `${[head.join('\n'), ...statements].join('\n\n')}\n` }];
}

/** With its semicolon, which a comment at the end must not swallow. */
export const ended = (statement: string): string => `${statement}${/--[^\n]*$/.test(statement) ? '\n' : ''};`;
