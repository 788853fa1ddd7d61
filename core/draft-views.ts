import type { Note, TableDraft } from './draft-table';
import { parseType } from './mapping';
import { Namespace } from './names';
import type { PlanTable, PlanView } from './plan';
import type { SourceCatalog, SourceObject } from './source';
import { columnOperand } from './sql/operand';
import { asColumn, sameName } from './sql/relations';
import type { Relation, RelationColumn } from './sql/relations';
import { translateSelect } from './sql/select';
import { SqlSyntaxError, tokensOf } from './sql/tokens';
import { refuse } from './sql/untranslatable';

/**
 * The views that can be translated, those that others read before those. The others are noted with the reason.
 *
 * @param planned the tables as the plan has them
 */
export function draftViews(
  { catalog }: { catalog: SourceCatalog },
  tables: ReadonlyMap<string, TableDraft>,
  planned: Readonly<Record<string, PlanTable>>,
  names: Namespace,
  note: Note,
): Record<string, PlanView> {
  const views = catalog.others.filter(({ kind }) => kind === 'view');
  const relations = new Map<string, Relation>();
  for (const [name, draft] of tables) relations.set(name, tableRelation(draft, planned[name]!));
  const drafted: [string, PlanView][] = [];
  const refused = new Map<string, string>();
  const begun = new Set<string>();

  const find = (wanted: string): Relation => {
    const view = views.find(({ name }) => sameName(name, wanted));
    if (view !== undefined) draft(view);
    const relation = [...relations].find(([name]) => sameName(name, wanted))?.[1];
    if (relation !== undefined) return relation;
    return refuse(
      view === undefined
        ? `it reads ${wanted}, which is not moved`
        : `it reads the view ${view.name}, which is not carried`,
    );
  };
  const draft = (view: SourceObject): void => {
    if (begun.has(view.name)) return;
    begun.add(view.name);
    const translation = translated(view, catalog, find);
    if ('reason' in translation) {
      refused.set(view.name, translation.reason);
      return;
    }
    const target = names.take(view.name);
    const columns = translation.columns.map((column) => ({ ...column, operand: asColumn(column.operand!) }));
    relations.set(view.name, { target, columns });
    drafted.push([view.name, { ...(target !== view.name && { to: target }), sql: translation.sql }]);
  };
  for (const view of views) draft(view);
  for (const [name, reason] of refused) note(name, 'view', reason);
  return Object.fromEntries(drafted);
}

function translated(view: SourceObject, { encoding }: SourceCatalog, find: (name: string) => Relation) {
  if (view.unreadable !== undefined || view.columns === undefined)
    return { reason: `broken in SQLite: ${view.unreadable ?? 'it cannot be read'}` };
  const select = selectOf(view.sql);
  if (select === undefined) return { reason: 'not translated: its SQL cannot be read' };
  const taken = new Namespace();
  const columns = view.columns.map((name) => ({ name, target: taken.take(name) }));
  const translation = translateSelect(select, { utf8: encoding === 'UTF-8', find, columns });
  return 'reason' in translation ? { reason: `not translated: ${translation.reason}` } : translation;
}

/** What stands behind the AS of a CREATE VIEW, which is the first that is neither quoted nor in parentheses. */
function selectOf(sql: string): string | undefined {
  try {
    let depth = 0;
    for (const token of tokensOf(sql)) {
      if (token.kind === 'operator' && token.text === '(') depth += 1;
      if (token.kind === 'operator' && token.text === ')') depth -= 1;
      if (depth === 0 && token.kind === 'word' && token.word === 'AS') return sql.slice(token.at + token.text.length);
    }
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
  }
  return undefined;
}

/** A table as views see it: names and types are the plan's. */
function tableRelation({ table, target, columns: drafts }: TableDraft, planned: PlanTable): Relation {
  const columns = table.columns.map(({ name, affinity, collation }): RelationColumn => {
    const column = Object.hasOwn(planned.columns, name) ? planned.columns[name]! : undefined;
    if (column === undefined) return { name, target: name };
    const { type, format, to = name } = column;
    const evidence = drafts.find((draft) => draft.column.name === name)?.evidence;
    const operand = columnOperand({ sql: '', type: parseType(type), format, affinity, collation, evidence });
    const keptAs = `${type} ${format ?? ''}`;
    return { name, target: to, operand: operand.kind === 'opaque' ? { ...operand, keptAs } : operand };
  });
  return { target, columns, rowid: table.rowidAlias, primaryKey: planned.primaryKey?.columns };
}
