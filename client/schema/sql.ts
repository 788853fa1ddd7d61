import { createTableSql, foreignKeyStep, keySteps } from '../../stores/postgres/ddl';
import { quoteIdent } from '../../stores/postgres/names';
import { provenanceLines } from './provenance';
import type { ArtefactFile, Provenance, Target, TargetTable } from './target';

/** All statements that make the target in an empty database, in an order that PostgreSQL takes: a foreign key after every table and key. */
export function ddlOf({ schemas, tables }: Target): string[] {
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
  ];
}

/** The statements as one file. */
export function sqlArtefact(target: Target, provenance: Provenance): ArtefactFile[] {
  const head = provenanceLines(provenance).map((line) => `-- ${line}`);
  const statements = ddlOf(target).map((statement) => `${statement};`);
  return [{ path: 'schema.sql', text: `${[head.join('\n'), ...statements].join('\n\n')}\n` }];
}
