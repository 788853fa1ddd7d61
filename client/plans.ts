import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { draftPlan } from '../core/draft';
import { draftGraph } from '../core/draft-graph';
import type { DraftSource } from '../core/draft';
import type { PlanComments } from '../core/draft-comments';
import { SqliftError } from '../core/errors';
import { placeOf } from '../core/field-storage';
import type { FilesOptions } from '../core/field-storage';
import type { SourceMapping } from '../core/mapping';
import { expandPlan, isPlain, withoutInferredTypes } from '../core/expand-plan';
import type { Expanded, SourceContents } from '../core/expand-plan';
import type { Plan, WrittenPlan } from '../core/plan';
import { editPlan, readPlan, validPlan, writePlan } from '../core/plan-file';
import { resolvePlan } from '../core/resolve';
import type { SourceCatalog } from '../core/source';
import { stackHome } from '../stack';
import { ensureFolder } from '../stack/home';
import { findFiles } from '../stores/files/folder';
import { copyToLook, surveyCopy } from '../stores/sqlite/look';
import type { LookCopy, Survey } from '../stores/sqlite/look';
import { profileSource } from '../stores/sqlite/profile';
import { checkLiveShapes, readLiveCatalog } from '../stores/sqlite/snapshot';
import { packageRoot } from './context';
import type { Context } from './context';
import { plural } from './format';
import { kindOfInput, nameOfFile, schemaOfName } from './input';

/** A plan that can be run from anywhere: its paths are absolute. */
export interface ReadyPlan {
  plan: WrittenPlan;
  text: string;
  /** Schemas of its sources as they are now, by source name. */
  catalogs: Record<string, SourceCatalog>;
  /** With all its names, and the types that it states. */
  outline: WrittenPlan;
  /** For the Web UI's list. */
  summary: string;
}

export interface PlanOverrides {
  name?: string | undefined;
  schema?: string | undefined;
}

export interface DraftOptions extends PlanOverrides {
  /** Give columns the narrower types that would only be suggested. */
  narrow?: boolean | undefined;
  /** Propose a graph, too. */
  graph?: boolean | undefined;
}

/**
 * Reads a plan, or drafts one from a SQLite file or a folder of documents, and looks whether it fits what its sources contain. Reads no rows of a plan's
 * sources. Throws PlanInvalid and PlanStale, and what `readLiveCatalog` throws.
 */
export async function readyPlan(context: Context, file: string, overrides: PlanOverrides): Promise<ReadyPlan> {
  if (kindOfInput(file) !== 'plan') {
    const { text, plan, sources } = await draft(context, [file], overrides);
    // What was named on the command line may be no name; the text has the places of what is wrong.
    const drafted = { text, plan: validPlan(plan) ?? readPlan(text, file) };
    return ready(drafted, Object.fromEntries(sources.map(({ name, catalog }) => [name, catalog])));
  }
  const edited = editedPlan(file, overrides);
  const { plan } = edited;
  const catalogs: [string, SourceCatalog][] = [];
  for (const [name, source] of Object.entries(plan.sources)) {
    const { path: place, files } = placeOf(source);
    catalogs.push([name, await withScratch(context, (scratch) => readLiveCatalog(place, { scratch, files }))]);
  }
  const found = ready(edited, Object.fromEntries(catalogs));
  for (const { source, tables } of found.mappings) {
    const { path: place, files } = placeOf(plan.sources[source]!);
    const shaped = tables.map(({ origin }) => origin);
    await withScratch(context, (scratch) => checkLiveShapes(place, shaped, { scratch, files }));
  }
  return found;
}

/** A plan, and its text. */
interface EditedPlan {
  text: string;
  plan: WrittenPlan;
}

/** Reads a plan, makes its paths absolute and puts in what the command line overrides, without a look at its sources; comments stay. */
export function editedPlan(file: string, { name, schema }: PlanOverrides = {}): EditedPlan {
  const absolute = (place: string) => path.resolve(path.dirname(file), place);
  return editPlan(readFileSync(file, 'utf8'), file, (document, plan) => {
    if (name !== undefined) document.set('name', name);
    for (const [source, planned] of Object.entries(plan.sources)) {
      const key = planned.files === undefined ? 'sqlite' : 'files';
      document.setIn(['sources', source, key], absolute(placeOf(planned).path));
      if (schema !== undefined) document.setIn(['sources', source, 'schema'], schema);
    }
    for (const [feed, { chroma, embedder }] of Object.entries(plan.vectors ?? {})) {
      if (chroma !== undefined) document.setIn(['vectors', feed, 'chroma', 'folder'], absolute(chroma.folder));
      if (embedder?.provider === 'transformers' && embedder.model !== undefined)
        document.setIn(['vectors', feed, 'embedder', 'model'], absolute(embedder.model));
    }
  });
}

function ready(
  { text, plan }: EditedPlan,
  catalogs: Record<string, SourceCatalog>,
): ReadyPlan & { mappings: SourceMapping[] } {
  const contents = Object.entries(catalogs).map(([name, catalog]) => [name, { catalog }] as const);
  const expanded = expandPlan(plan, Object.fromEntries(contents));
  const mappings = resolvePlan(expanded.plan, '/', catalogs);
  const outline = withoutInferredTypes(expanded);
  const tables = Object.values(outline.sources).reduce((sum, source) => sum + Object.keys(source.tables).length, 0);
  const schemas = [...new Set(Object.values(plan.sources).map((source) => source.schema))].join(', ');
  return { plan, text, catalogs, outline, mappings, summary: `${plural(tables, 'table')} → ${schemas}` };
}

export interface Drafted {
  plan: Plan;
  comments: PlanComments;
  text: string;
  /** What the draft was made from. */
  sources: DraftSource[];
}

/** Profiles the files and drafts one plan for all of them. `from`: folder that paths in the plan start at; absolute when left out. */
export async function draft(
  context: Context,
  files: readonly string[],
  { name, schema, narrow, graph }: DraftOptions,
  from?: string,
): Promise<Drafted> {
  const sources: DraftSource[] = [];
  for (const file of files) {
    const kind = kindOfInput(file, { documents: true });
    if (kind === 'plan')
      throw new SqliftError('UsageInvalid', `${file} is a plan already; give SQLite files, or folders of documents`);
    const source = freeName(nameOfFile(file), sources);
    // Said before anything is made to look at it with.
    if (kind === 'files') findFiles(file);
    context.terminal.say(`Looking at ${path.basename(file)} …`);
    const { found: profile, copy } = await withCopy(context, file, profileSource, kind === 'files' ? {} : undefined);
    const absolute = path.resolve(file);
    sources.push({
      name: source,
      path: from === undefined ? absolute : path.relative(from, absolute),
      ...(copy.collections && { collections: copy.collections }),
      schema: schema ?? schemaOfName(source),
      ...profile,
    });
  }
  const { plan: tables, comments } = draftPlan({ name: name ?? sources[0]!.name, sources, narrow: narrow ?? false });
  const drafted = graph === true ? draftGraph(tables) : undefined;
  if (graph === true && drafted === undefined)
    context.terminal.say('No table has a key that nodes could have: no graph is proposed.');
  const plan = drafted === undefined ? tables : { ...tables, graph: drafted };
  return { plan, comments, text: planText(plan, comments, from), sources };
}

/** The plan as YAML with its comments, pointing editors to the schema of this checkout or package. `from` as in `draft`. */
export function planText(plan: Plan, comments: PlanComments, from?: string): string {
  const schema = path.join(packageRoot(), 'schemas', 'plan.v1.json');
  const near = from === undefined ? schema : path.relative(from, schema);
  const schemaPath = path.isAbsolute(near) || near.startsWith('.') ? near : `./${near}`;
  return writePlan(plan, comments, existsSync(schema) ? { schemaPath } : {});
}

/** A plan made exact and resolved against its sources, and who decided what in it. */
export interface ResolvedPlan extends Expanded {
  mappings: SourceMapping[];
}

/**
 * The plan with every name, type and default settled against its sources as they are now. Their rows are read where the plan
 * leaves something to them. Throws PlanStale where they do not fit.
 */
export async function resolved(context: Context, { plan, catalogs }: ReadyPlan): Promise<ResolvedPlan> {
  const contents: [string, SourceContents & { catalog: SourceCatalog }][] = [];
  for (const [name, source] of Object.entries(plan.sources)) {
    const { path: place, files } = placeOf(source);
    if (isPlain(plan)) contents.push([name, { catalog: catalogs[name]! }]);
    else {
      context.terminal.say(`Looking at ${path.basename(place)} …`);
      contents.push([name, (await withCopy(context, place, profileSource, files)).found]);
    }
  }
  const expanded = expandPlan(plan, Object.fromEntries(contents));
  const seen = Object.fromEntries(contents.map(([name, { catalog }]) => [name, catalog]));
  return { ...expanded, mappings: resolvePlan(expanded.plan, '/', seen) };
}

export interface Looked<T> {
  found: T;
  copy: LookCopy;
  survey: Survey;
}

/**
 * Looks at a copy of the file, since opening a live one may change what lies beside it, while another process checks that copy.
 * What is wrong with the file as a whole is said before what the look stumbled over. The copy is gone afterwards.
 */
export async function withCopy<T>(
  context: Context,
  file: string,
  look: (copy: string) => Promise<T>,
  files?: FilesOptions,
): Promise<Looked<T>> {
  return await withScratch(context, async (scratch) => {
    const copy = await copyToLook(file, scratch, files && { files });
    const [survey, found] = await Promise.allSettled([surveyCopy(copy.path, file), look(copy.path)]);
    if (survey.status === 'rejected') throw survey.reason;
    if (found.status === 'rejected') throw found.reason;
    return { found: found.value, copy, survey: survey.value };
  });
}

/** Gives the path of a file that may be made, in a folder that is gone afterwards. */
async function withScratch<T>(context: Context, use: (scratch: string) => Promise<T>): Promise<T> {
  const { home, env } = context.settings();
  const folder = ensureFolder(
    path.join(ensureFolder(home?.value ?? stackHome(env)), 'tmp', randomBytes(6).toString('hex')),
  );
  const stop = (): void => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  process.once('SIGINT', stop);
  try {
    return await use(path.join(folder, 'source.sqlite'));
  } finally {
    process.off('SIGINT', stop);
    rmSync(folder, { recursive: true, force: true });
  }
}

function freeName(wanted: string, sources: readonly DraftSource[]): string {
  let name = wanted;
  for (let number = 2; sources.some((source) => source.name === name); number += 1)
    name = `${wanted.slice(0, 36)}-${number}`;
  return name;
}
