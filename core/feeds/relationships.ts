import { FeedCells } from './cells';
import { LEFT_OUT } from './entry';
import type { MakeEntries, RelationshipEntry } from './entry';
import type { RelationshipFeed } from './feed';
import { checkKey, checkSize, graphFields, held, keyId, nameOf } from './graph';
import { asPlanned, Names } from './nodes';
import { listed } from './columns';
import type { Value } from './value';
import { weightOf } from './weight';

/** A relationship of each row. A row without an end – a foreign key that is NULL – is none, on purpose. */
export function compileRelationships(feed: RelationshipFeed): MakeEntries {
  const { name, columns, planned } = feed;
  const cells = new FeedCells(columns);
  const { fields } = graphFields(feed);
  const from = listed(planned.from.columns).map((column) => cells.value(column));
  const to = listed(planned.to.columns).map((column) => cells.value(column));
  const key = cells.key(listed(planned.key ?? []));
  const properties = cells.fields(asPlanned(fields));
  const { typeColumn } = planned;
  const type = typeColumn === undefined ? () => null : cells.value(typeColumn);
  const own = planned.type ?? name;
  const types = new Names(feed.feed, 'types');
  return (row) => {
    const ends = [from, to].map((readers) => readers.map((read) => read(row))) as [Value[], Value[]];
    if (ends.some((end) => end.includes(null))) return LEFT_OUT;
    const bytes = weightOf(row);
    checkSize(bytes);
    const more = nameOf(type(row), typeColumn!);
    const entry: RelationshipEntry = {
      type: more === undefined ? own : types.seen(more),
      from: ends[0],
      to: ends[1],
      key: key(row),
      properties: held(properties(row), fields),
    };
    checkKey(entry.key);
    const id = [keyId(entry.from), keyId(entry.to), entry.type, keyId(entry.key)].join(' ');
    return [{ id, entry, bytes }];
  };
}
