import { relationsOf } from '../relations';
import type { Relation } from '../relations';
import type { Target, TargetTable } from '../target';
import { stringLiteral } from '../typescript';
import type { DrizzleNames } from './names';

/** relations.ts: each foreign key as a property of its child and of its parent, for Drizzle's nested queries. */
export function relationsFile(target: Target, names: DrizzleNames): string {
  const relations = relationsOf(target, names);
  const related = target.tables.filter((table) =>
    relations.some(({ child, parent }) => child === table || parent === table),
  );
  if (related.length === 0) return '// No table refers to another.\nexport {};';
  const imports = related.map((table) => names.table(table)).sort();
  return [
    `import { relations } from 'drizzle-orm';\nimport { ${imports.join(', ')} } from './schema';`,
    ...related.map((table) => tableRelations(table, relations, names)),
  ].join('\n\n');
}

function tableRelations(table: TargetTable, relations: readonly Relation[], names: DrizzleNames): string {
  const up = relations.filter(({ child }) => child === table);
  const down = relations.filter(({ parent }) => parent === table);
  const lines = [
    ...up.map((relation) => forwardText(relation, names)),
    ...down.map((relation) => backText(relation, names)),
  ];
  const helpers = [
    ...(up.length > 0 || down.some(leadsToOne) ? ['one'] : []),
    ...(down.some((relation) => !leadsToOne(relation)) ? ['many'] : []),
  ];
  return [
    `export const ${names.relations(table)} = relations(${names.table(table)}, ({ ${helpers.join(', ')} }) => ({`,
    ...lines.map((line) => `  ${line}`),
    '}));',
  ].join('\n');
}

function forwardText({ key, child, parent, name, forward }: Relation, names: DrizzleNames): string {
  const list = (table: TargetTable, columns: readonly { target: string }[]) =>
    columns.map(({ target }) => `${names.table(table)}.${names.columns(table).get(target)}`).join(', ');
  const options = [
    `fields: [${list(child, key.columns)}]`,
    `references: [${list(parent, key.parentColumns)}]`,
    ...(name === undefined ? [] : [`relationName: ${stringLiteral(name)}`]),
  ];
  return `${forward}: one(${names.table(parent)}, { ${options.join(', ')} }),`;
}

function backText(relation: Relation, names: DrizzleNames): string {
  const { child, name, back } = relation;
  const options = name === undefined ? '' : `, { relationName: ${stringLiteral(name)} }`;
  return `${back}: ${leadsToOne(relation) ? 'one' : 'many'}(${names.table(child)}${options}),`;
}

/** A one() with a name would need the columns, too, and its type would then say that the child is always there. */
const leadsToOne = ({ toOne, name }: Relation): boolean => toOne && name === undefined;
