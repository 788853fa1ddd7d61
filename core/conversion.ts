import type { ColumnMapping, TableMapping } from './mapping';

/** What a plan does to the cells of a column besides giving them a type, each in one phrase, for the report. */
export function shapePhrases({ value, format, timeZone, ifNull, key }: ColumnMapping): string[] {
  const phrases: string[] = [];
  if (value !== undefined) phrases.push(`computed: ${value}`);
  if (key !== undefined) phrases.push(`UUIDs of the keys of ${key.table}`);
  else if (format !== undefined && format !== 'iso') phrases.push(`read as ${format}`);
  if (timeZone !== undefined) phrases.push(`times without a zone are those of ${timeZone}`);
  if (ifNull !== undefined) phrases.push(`NULL becomes ${JSON.stringify(ifNull)}`);
  return phrases;
}

/** What a plan does to the rows of a table on their way, a line each, for the look at a plan. */
export function shapeLines({ table, origin, columns }: TableMapping): string[] {
  return [
    ...(origin.name === table ? [] : [`${table}: rows of ${origin.name}`]),
    ...(origin.where === undefined ? [] : [`${table}: only rows where ${origin.where.replaceAll(/\s+/g, ' ')}`]),
    ...columns.flatMap((column) => shapePhrases(column).map((phrase) => `${table}.${column.source}: ${phrase}`)),
  ];
}
