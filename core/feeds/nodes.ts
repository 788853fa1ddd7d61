import { FeedCells } from './cells';
import type { MakeEntries, NodeEntry } from './entry';
import type { NodeFeed } from './feed';
import { idOf } from './id';
import { listed } from './resolve';
import { textOf } from './value';
import { weightOf } from './weight';

/** A node of each row. */
export function compileNodes({ name, columns, planned }: NodeFeed): MakeEntries {
  const cells = new FeedCells(columns);
  const key = cells.key(listed(planned.key));
  const properties = cells.fields(planned.properties);
  const label = planned.labelColumn === undefined ? () => null : cells.value(planned.labelColumn);
  const own = [name, ...(planned.labels ?? [])];
  return (row) => {
    const further = textOf(label(row));
    const entry: NodeEntry = {
      labels: further === undefined || own.includes(further) ? own : [...own, further],
      key: key(row),
      properties: properties(row),
    };
    return [{ id: idOf(entry.key), entry, bytes: weightOf(row) }];
  };
}
