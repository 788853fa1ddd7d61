import { Namespace } from '../../core/names';
import type { NotCarried } from '../../core/plan';
import { asciiLower } from '../../core/sql/ascii';
import { readCreateTrigger, triggerText } from '../../core/sql/create-trigger';
import type { CreateTrigger } from '../../core/sql/create-trigger';
import { qualified, quoteIdent } from '../../stores/postgres/names';
import type { Target, TargetTable } from './target';

/**
 * A frame for each trigger of the sources, in PL/pgSQL: function and trigger with SQLite's own SQL in comments, and all of it a comment.
 * Without the `-- ` at the beginning of its lines each is SQL that PostgreSQL takes after the tables and views are made. A frame
 * that nobody has filled in raises an error, rather than doing nothing.
 */
export function triggerFrames(target: Target): string[] {
  const functions = new Map(target.schemas.map((schema) => [schema, new Namespace()]));
  const triggers = target.notCarried.filter(({ kind }) => kind === 'trigger');
  return triggers.map((trigger) => asComment(frame(target, trigger, functions)));
}

/** What a trigger is on, as the target has it. */
interface Place {
  schema: string;
  /** Undefined where it is not in the target. */
  relation?: string;
  table?: TargetTable;
}

function frame(
  target: Target,
  { source, object, sql = '' }: NotCarried & { source: string },
  functions: ReadonlyMap<string, Namespace>,
): string {
  const trigger = readCreateTrigger(sql);
  const fires = trigger === undefined ? 'its SQL cannot be read' : triggerText(trigger);
  const about = asComment(`Trigger ${object} of ${source}: ${fires}`);
  const place = trigger === undefined ? undefined : placeOf(target, source, trigger.table);
  if (trigger === undefined || place === undefined) return `${about}\n${asComment(sql)}`;
  const name = functions.get(place.schema)!.take(object);
  const body = [
    'BEGIN',
    indented(asComment(sql)),
    `  RAISE EXCEPTION 'trigger % is still to be written', TG_NAME;`,
    `  RETURN ${returned(trigger)};`,
    'END',
  ].join('\n');
  const tag = dollarTag(body);
  const call = `${qualified(place.schema, name)}()`;
  return [
    about,
    `CREATE FUNCTION ${call} RETURNS trigger LANGUAGE plpgsql AS ${tag}`,
    body,
    `${tag};`,
    place.relation === undefined
      ? asComment(`${trigger.table} is not in PostgreSQL: CREATE TRIGGER has to wait for what takes its place.`)
      : `CREATE TRIGGER ${quoteIdent(name)} ${trigger.timing} ${eventSql(trigger, place.table)} ON ${qualified(place.schema, place.relation)} FOR EACH ROW EXECUTE FUNCTION ${call};`,
  ].join('\n');
}

function placeOf({ tables, views, schemas }: Target, source: string, name: string): Place | undefined {
  const key = asciiLower(name);
  const own = tables.filter(({ mapping }) => mapping.source === source);
  const table =
    own.find(({ mapping }) => asciiLower(mapping.table) === key) ??
    own.find(({ mapping }) => asciiLower(mapping.origin.name) === key);
  if (table !== undefined) return { schema: table.schema, relation: table.name, table };
  const view = views.find((one) => one.source === source && asciiLower(one.view) === key);
  if (view !== undefined) return { schema: view.schema, relation: view.target };
  const schema = own[0]?.schema ?? schemas[0];
  return schema === undefined ? undefined : { schema };
}

/** PostgreSQL knows UPDATE OF for columns that are there, each once, and not with INSTEAD OF. */
function eventSql({ timing, event, columns }: CreateTrigger, table: TargetTable | undefined): string {
  if (table === undefined || timing === 'INSTEAD OF') return event;
  const names = columns.flatMap((name) => {
    const column = table.columns.find(({ source }) => asciiLower(source) === asciiLower(name));
    return column === undefined ? [] : [quoteIdent(column.target)];
  });
  return names.length === 0 ? event : `${event} OF ${[...new Set(names)].join(', ')}`;
}

/** What lets the row through; after the event nobody asks. */
function returned({ timing, event }: CreateTrigger): string {
  if (timing === 'AFTER') return 'NULL';
  return event === 'DELETE' ? 'OLD' : 'NEW';
}

/** A dollar quote that the text does not end. */
function dollarTag(text: string): string {
  for (let number = 0; ; number++) {
    const tag = `$frame${number === 0 ? '' : number}$`;
    if (!text.includes(tag)) return tag;
  }
}

/** Every line as a comment of its own. PostgreSQL ends lines, and so comments, at a carriage return too. */
const asComment = (text: string): string => `-- ${text.replaceAll(/\r\n|\r|\n/g, '$&-- ')}`;

const indented = (text: string): string => `  ${text.replaceAll(/\r\n|\r|\n/g, '$&  ')}`;
