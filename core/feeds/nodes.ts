import { SqliftError } from '../errors';
import { FeedCells } from './cells';
import type { MakeEntries, NodeEntry } from './entry';
import type { NodeFeed } from './feed';
import { checkKey, checkSize, graphFields, held, keyId, nameOf, NAMES_AT_MOST } from './graph';
import { listed } from './columns';
import { weightOf } from './weight';

/** A node of each row. */
export function compileNodes(feed: NodeFeed): MakeEntries {
  const { name, columns, planned } = feed;
  const cells = new FeedCells(columns);
  const { fields } = graphFields(feed);
  const key = cells.key(listed(planned.key));
  const properties = cells.fields(asPlanned(fields));
  const { labelColumn } = planned;
  const label = labelColumn === undefined ? () => null : cells.value(labelColumn);
  const own = [...new Set([name, ...(planned.labels ?? [])])];
  const further = new Names(feed.feed, 'labels');
  return (row) => {
    const bytes = weightOf(row);
    checkSize(bytes);
    const more = nameOf(label(row), labelColumn!);
    const entry: NodeEntry = {
      labels: more === undefined || own.includes(more) ? own : [...own, further.seen(more)],
      key: key(row),
      properties: held(properties(row), fields),
    };
    checkKey(entry.key);
    return [{ id: keyId(entry.key), entry, bytes }];
  };
}

/** Fields in the words of a plan. */
export function asPlanned(fields: ReturnType<typeof graphFields>['fields']) {
  return Object.fromEntries(fields.map(({ name, column, list }) => [name, { column, list }]));
}

/** Names that stand in rows: so many at most. */
export class Names {
  readonly #seen = new Set<string>();

  constructor(
    private readonly feed: string,
    private readonly what: string,
  ) {}

  /** @throws SqliftError PlanInvalid */
  seen(name: string): string {
    this.#seen.add(name);
    if (this.#seen.size > NAMES_AT_MOST)
      throw new SqliftError('PlanInvalid', `${this.feed}: its rows name more than ${NAMES_AT_MOST} ${this.what}`, {
        table: this.feed,
      });
    return name;
  }
}
