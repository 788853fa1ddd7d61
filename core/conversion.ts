import type { ColumnMapping } from './mapping';

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
