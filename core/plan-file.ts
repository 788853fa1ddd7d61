import { Document, LineCounter, Scalar, isCollection, isMap, isPair, isScalar, parseDocument, visit } from 'yaml';
import type { Node, Pair, YAMLMap } from 'yaml';
import type { z } from 'zod';
import type { PlanComments, TableComments } from './draft-comments';
import { SqliftError } from './errors';
import { nearest, schemaKeys } from './plan-keys';
import { planSchema } from './plan';
import type { Plan, WrittenPlan } from './plan';

/** Where the JSON Schema lies for someone who has this checkout or the package. */
const SCHEMA_PATH = './schemas/plan.v1.json';

const GUIDE =
  '# Behind each column: what the source declares, and what is there. Look at every REVIEW, edit, then: sqlift plan check FILE';

export interface PlanFileOptions {
  /** Path or URL of the JSON Schema that editors check the plan against; default `./schemas/plan.v1.json`. */
  schemaPath?: string;
}

/** The plan as YAML: one line a column, with what the source holds behind it and `# REVIEW:` where a person should look. */
export function writePlan(
  plan: Plan | WrittenPlan,
  comments: PlanComments = {},
  { schemaPath = SCHEMA_PATH }: PlanFileOptions = {},
): string {
  const document = new Document(plan, { aliasDuplicateObjects: false });
  for (const source of pairs(document.get('sources', true))) {
    for (const [i, table] of pairs((source.value as YAMLMap).get('tables', true)).entries()) {
      keyNode(document, table).spaceBefore = i > 0;
      layOutTable(document, table, own(own(comments, keyOf(source)), keyOf(table)));
    }
    for (const list of ['views', 'notCarried', 'exclude']) inLines((source.value as YAMLMap).get(list, true));
  }
  quoteControls(document);
  // Without folding, a column stays one line however long its default is.
  const body = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Infinity });
  return `# yaml-language-server: $schema=${schemaPath}\n${GUIDE}\n${body}`;
}

function layOutTable(document: Document, table: Pair, comments: TableComments | undefined): void {
  const map = table.value as YAMLMap;
  if (comments !== undefined) keyNode(document, table).commentBefore = ` ${comments.summary}`;
  const columns = map.get('columns', true);
  inLines(columns);
  for (const column of pairs(columns)) {
    const { evidence, review } = own(comments?.columns, keyOf(column)) ?? {};
    if (evidence !== undefined) (column.value as Node).comment = ` ${evidence}`;
    if (review !== undefined) keyNode(document, column).commentBefore = ` REVIEW: ${review}`;
  }
  for (const part of ['unique', 'indexes', 'checks', 'foreignKeys']) inLines(map.get(part, true));
  const primaryKey = map.get('primaryKey', true);
  if (isCollection(primaryKey)) primaryKey.flow = true;
}

/** Strings of several lines, which flow collections cannot hold as they are, are written with escapes. */
function quoteControls(document: Document): void {
  visit(document, {
    Pair: (_, pair) => void keyNode(document, pair),
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && /[\p{Cc}\p{Zl}\p{Zp}\ufeff]/u.test(scalar.value))
        scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
}

/** Each member of the collection in a line of its own. */
function inLines(node: unknown): void {
  if (!isCollection(node)) return;
  for (const item of node.items) {
    const value = isPair(item) ? item.value : item;
    if (isCollection(value)) value.flow = true;
  }
}

function pairs(node: unknown): Pair[] {
  return isMap(node) ? node.items : [];
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

/** Comments belong to nodes; a key that came from a plain object is not one yet. */
function keyNode(document: Document, pair: Pair): Scalar {
  if (!isScalar(pair.key)) pair.key = document.createNode(pair.key);
  return pair.key as Scalar;
}

function own<Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * Reads a plan. Every problem is named with its line and column, all at once.
 * @throws SqliftError PlanInvalid
 */
export function readPlan(text: string, fileName: string): WrittenPlan {
  return checked(parsed(text, fileName));
}

/** A plan that is no text (any more), if it is one. */
export function validPlan(value: unknown): WrittenPlan | undefined {
  return planSchema.safeParse(value).data;
}

/**
 * Reads a plan, and changes it: gives the changed plan and its text, in which comments stay. Parsing takes longest, and is done once.
 * @throws SqliftError PlanInvalid, of the plan as it is and of what came of it
 */
export function editPlan(
  text: string,
  fileName: string,
  change: (document: Document, plan: WrittenPlan) => void,
): { text: string; plan: WrittenPlan } {
  const file = parsed(text, fileName);
  change(file.document, checked(file));
  return { text: file.document.toString({ lineWidth: 0 }), plan: checked(file) };
}

interface ParsedFile {
  fileName: string;
  document: Document.Parsed;
  at: (offset: number) => { line: number; column: number };
}

function parsed(text: string, fileName: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntax = document.errors.map((error) => ({ ...at(error.pos[0]), message: error.message }));
  if (syntax.length > 0) throw invalid(fileName, syntax);
  return { fileName, document, at };
}

function checked({ fileName, document, at }: ParsedFile): WrittenPlan {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    throw invalid(fileName, [{ ...at(0), message: (error as Error).message }]);
  }
  const result = planSchema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    fileName,
    result.error.issues.flatMap((issue) =>
      problemsOf(issue, document).map(({ offset, message }) => ({ ...at(offset), message })),
    ),
  );
}

interface Problem {
  line: number;
  column: number;
  message: string;
}

function invalid(fileName: string, problems: Problem[]): SqliftError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const { line, column } = sorted[0]!;
  const message = sorted
    .map((problem) => `${fileName}:${problem.line}:${problem.column}: ${problem.message}`)
    .join('\n');
  return new SqliftError('PlanInvalid', message, { file: fileName, line, column });
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, document: Document.Parsed): { offset: number; message: string }[] {
  const path = issue.path.map(String);
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  if (issue.code === 'unrecognized_keys') {
    const known = schemaKeys(planSchema, path);
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      const help = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
      return { offset: offsetOf(document, [...path, key], 'key'), message: `${where}unknown key ${key}; ${help}` };
    });
  }
  return [
    {
      offset: offsetOf(document, path, issue.code === 'invalid_key' ? 'key' : 'value'),
      message: `${where}${messageOf(issue)}`,
    },
  ];
}

function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message))
    return 'is missing';
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => inner.message).join('; ');
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().map((error) => error.message);
    return inner.length > 0 ? (inner.at(-1) ?? issue.message) : issue.message;
  }
  return issue.message;
}

/** Where the node at a path begins, or the innermost one above it that is there. */
function offsetOf(document: Document.Parsed, path: readonly string[], part: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const [i, step] of path.entries()) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => keyOf(item) === step);
      if (pair === undefined) break;
      const key = (pair.key as Node | null)?.range?.[0];
      if (key !== undefined) offset = key;
      if (part === 'key' && i === path.length - 1) break;
      next = pair.value;
    } else if (isCollection(node)) next = node.items[Number(step)];
    const begin = (next as Node | null | undefined)?.range?.[0];
    if (begin === undefined) break;
    offset = begin;
    node = next;
  }
  return offset;
}
