import { MAX_COLUMNS } from '../names';
import type { SourceMapping } from '../mapping';
import { parseType } from '../mapping';
import type { PlanField, WrittenPlan } from '../plan';
import { Problems } from '../resolve/problems';
import { CHROMA_COLUMNS } from './chroma';
import type { Feed, FeedColumn, FeedRows, Feeds } from './feed';
import { columnOf, listed } from './columns';
import { graphFields, graphProblems } from './graph';
import { entriesOf, sourceOf } from './planned';
import { parseTemplate } from './template';

/** What a plan's entry of any kind says of its rows. */
interface PlannedRows {
  source?: string | undefined;
  table?: string | undefined;
  query?: string | undefined;
  columns?:
    | Record<string, { type?: string | undefined; format?: FeedColumn['format']; timeZone?: string | undefined }>
    | undefined;
  chroma?: { folder: string; collection: string } | undefined;
}

/**
 * Makes the feeds of a plan concrete: whose rows they take and which columns those have. Every name that does not hold is named at once.
 *
 * @param mappings of the plan's sources: feeds of tables read what is moved of them, typed as it is moved
 * @param queryColumns by the path of a feed: names of the columns of its query's result. What is said of a query that is not among them goes unchecked
 * @throws SqliftError PlanStale where the plan names what a source does not have, PlanInvalid where it contradicts itself
 */
export function resolveFeeds(
  plan: WrittenPlan,
  mappings: readonly SourceMapping[],
  queryColumns: Readonly<Record<string, readonly string[]>>,
): Feeds {
  const problems = new Problems();
  const feeds = entriesOf(plan).map(({ feed, name, kind, store, planned }) => {
    const source = sourceOf(plan, planned);
    if (source === undefined) problems.invalid(`${feed}: say which source, since the plan has several`);
    else if (!Object.hasOwn(plan.sources, source))
      problems.stale(`${feed}: there is no source ${source}`, source, Object.keys(plan.sources));
    const mapping = mappings.find((candidate) => candidate.source === source);
    const known =
      ('chroma' in planned && planned.chroma !== undefined) ||
      (planned.query === undefined
        ? mapping?.tables.some(({ table }) => table === planned.table) === true
        : Object.hasOwn(queryColumns, feed));
    const { rows, columns } = rowsOf(feed, planned, mapping, queryColumns[feed], problems);
    const resolved = {
      kind,
      store,
      feed,
      name,
      source,
      rows,
      columns,
      quarantine: planned.quarantine ?? plan.quarantine ?? 'none',
      planned,
    };
    const made = resolved as Feed;
    if (known) {
      checkColumns(made, problems);
      if (made.store === 'neo4j') for (const problem of graphProblems(made)) problems.invalid(problem);
    }
    return made;
  });
  const { nodes = {}, relationships = {}, algorithms = {} } = plan.graph ?? {};
  const checkLabel = (where: string, label: string) => {
    if (!Object.hasOwn(nodes, label))
      problems.stale(`${where}: graph.nodes has no ${label}`, label, Object.keys(nodes));
  };
  for (const [name, { from, to }] of Object.entries(relationships))
    for (const end of [from, to]) checkEnd(`graph.relationships.${name}`, end, nodes, checkLabel, problems);
  for (const [name, algorithm] of Object.entries(algorithms)) {
    for (const feed of feeds)
      if (
        feed.kind === 'node' &&
        algorithm.nodes.includes(feed.name) &&
        graphFields(feed).fields.some((field) => field.name === name)
      )
        problems.invalid(`graph.algorithms.${name}: ${feed.feed} has a property of that name from its rows`);
    for (const label of algorithm.nodes) checkLabel(`graph.algorithms.${name}`, label);
    for (const relationship of algorithm.relationships)
      if (!Object.hasOwn(relationships, relationship))
        problems.stale(
          `graph.algorithms.${name}: graph.relationships has no ${relationship}`,
          relationship,
          Object.keys(relationships),
        );
  }
  problems.throwIfAny();
  return { feeds, algorithms: Object.entries(algorithms).map(([name, algorithm]) => ({ name, ...algorithm })) };
}

function checkEnd(
  where: string,
  { node, columns }: { node: string; columns: string | string[] },
  nodes: Readonly<Record<string, { key: string | string[] }>>,
  checkLabel: (where: string, label: string) => void,
  problems: Problems,
): void {
  checkLabel(where, node);
  if (!Object.hasOwn(nodes, node)) return;
  const [given, wanted] = [listed(columns).length, listed(nodes[node]!.key).length];
  if (given !== wanted) problems.invalid(`${where}: the key of ${node} has ${wanted} columns, not ${given}`);
}

function rowsOf(
  feed: string,
  planned: PlannedRows,
  mapping: SourceMapping | undefined,
  queryColumns: readonly string[] | undefined,
  problems: Problems,
): { rows: FeedRows; columns: FeedColumn[] } {
  if (planned.chroma !== undefined)
    return { rows: { from: 'chroma', ...planned.chroma }, columns: [...CHROMA_COLUMNS] };
  if (planned.query !== undefined) {
    const rows = { from: 'query', sql: planned.query } as const;
    // Before there is a snapshot nobody knows which columns it has.
    if (queryColumns === undefined) return { rows, columns: [] };
    return { rows, columns: columnsOfQuery(feed, queryColumns, planned.columns ?? {}, problems) };
  }
  const tables = mapping?.tables ?? [];
  const name = planned.table!;
  const table = tables.find((candidate) => candidate.table === name);
  if (table === undefined) {
    if (mapping !== undefined)
      problems.stale(
        `${feed}: the plan moves no table ${name} of source ${mapping.source}`,
        name,
        tables.map((one) => one.table),
      );
    return { rows: { from: 'query', sql: '' }, columns: [] };
  }
  const columns = table.columns.filter(({ generated }) => generated === undefined);
  return { rows: { from: 'table', table: name, origin: table.origin }, columns };
}

function columnsOfQuery(
  feed: string,
  names: readonly string[],
  typed: NonNullable<PlannedRows['columns']>,
  problems: Problems,
): FeedColumn[] {
  for (const name of Object.keys(typed))
    if (!names.includes(name)) problems.stale(`${feed}: its query has no column ${name}`, name, names);
  for (const name of new Set(names))
    if (names.indexOf(name) !== names.lastIndexOf(name))
      problems.invalid(`${feed}: its query has several columns ${name}`);
  if (names.length > MAX_COLUMNS)
    problems.invalid(`${feed}: its query has ${names.length} columns, ${MAX_COLUMNS} at most are read`);
  return names.map((name, index) => {
    const { type, format, timeZone } = Object.hasOwn(typed, name) ? typed[name]! : {};
    return {
      source: name,
      target: name,
      index,
      ...(type !== undefined && { type: parseType(type) }),
      ...(format !== undefined && { format }),
      ...(timeZone !== undefined && { timeZone }),
      affinity: 'blob',
      notNull: false,
      identity: false,
    };
  });
}

/** That every column and template that the entry names is there. */
function checkColumns({ feed, columns, planned }: Feed, problems: Problems): void {
  const known = columns.map(({ source }) => source);
  const check = (place: string, names: readonly string[]) => {
    for (const name of names)
      if (!known.includes(name)) problems.stale(`${feed}.${place}: its rows have no column ${name}`, name, known);
  };
  for (const [place, said] of Object.entries(planned)) {
    switch (place) {
      case 'key':
        if (rowsHaveTemplateKey(planned))
          checkTemplate(`${feed}.key`, said as string, (names) => check('key', names), problems);
        else check('key', listed(said as string | string[]));
        break;
      case 'labelColumn':
      case 'typeColumn':
      case 'score':
      case 'expires':
        check(place, [said as string]);
        break;
      case 'id':
        if ('as' in planned) check('id', [said as string]);
        else checkTemplate(`${feed}.id`, said as string, (names) => check('id', names), problems);
        break;
      case 'text':
      case 'namespace':
      case 'value':
        checkTemplate(`${feed}.${place}`, said as string, (names) => check(place, names), problems);
        break;
      case 'from':
      case 'to':
        check(place, listed((said as { columns: string | string[] }).columns));
        break;
      case 'vector':
        check('vector', [(said as { column: string }).column]);
        break;
      case 'properties':
      case 'fields':
      case 'metadata':
        check(place, Object.values(said as Record<string, PlanField>).map(columnOf));
        break;
    }
  }
}

function rowsHaveTemplateKey(planned: Feed['planned']): boolean {
  return 'as' in planned;
}

function checkTemplate(where: string, text: string, check: (columns: string[]) => void, problems: Problems): void {
  const template = parseTemplate(text);
  if (template === undefined) problems.invalid(`${where}: a brace is left open or empty; write {{ for a brace itself`);
  else check(template.columns);
}

export { columnOf, listed } from './columns';
