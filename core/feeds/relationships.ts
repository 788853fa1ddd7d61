import { FeedCells } from './cells';
import type { MakeEntries, RelationshipEntry } from './entry';
import type { RelationshipFeed } from './feed';
import { idOf } from './id';
import { listed } from './resolve';
import { textOf } from './value';
import { weightOf } from './weight';

/** A relationship of each row. */
export function compileRelationships({ name, columns, planned }: RelationshipFeed): MakeEntries {
  const cells = new FeedCells(columns);
  const ends = [...listed(planned.from.columns), ...listed(planned.to.columns)];
  const from = cells.key(listed(planned.from.columns));
  const to = cells.key(listed(planned.to.columns));
  const key = cells.key(listed(planned.key ?? []));
  const properties = cells.fields(planned.properties, ends);
  const type = planned.typeColumn === undefined ? () => null : cells.value(planned.typeColumn);
  const own = planned.type ?? name;
  return (row) => {
    const entry: RelationshipEntry = {
      type: textOf(type(row)) ?? own,
      from: from(row),
      to: to(row),
      key: key(row),
      properties: properties(row),
    };
    const id = [idOf(entry.from), idOf(entry.to), entry.type, idOf(entry.key)].join(' ');
    return [{ id, entry, bytes: weightOf(row) }];
  };
}
