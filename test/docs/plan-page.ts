import { planJsonSchema } from '../../core/plan';

/** The part of JSON Schema that the plan's uses. */
interface Schema {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  enum?: string[];
  const?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
}

const INTRO = `# The plan

A plan says what goes where. \`sqlift plan app.sqlite -o app.plan.yaml\` drafts one, with what it found behind each column; edit it, then
\`sqlift plan check app.plan.yaml\` shows what a run would do and the tables it would make, and writes nothing.

A plan is data: nothing in it is executed, and it holds no passwords. Names of tables and columns are those of the source; \`to\` says
what they become; patterns with \`*\` and \`?\` stand for many, and what is left out is as drafted ([how to write one](how-to/writing-a-plan.md)).
How types are read and written is in [type-mapping.md](type-mapping.md). Editors complete and check a plan by
[schemas/plan.v1.json](../schemas/plan.v1.json), which its first line names.

This page is made from the schema in \`core/plan.ts\` by \`SQLIFT_UPDATE=1 npx jest test/docs\`.

\`\`\`yaml
version: 1
name: shop
quarantine: 0.1%
approval: true
sources:
  shop:
    sqlite: shop.sqlite
    schema: shop
    tables:
      people:
        columns:
          id: { type: bigint, identity: true }
          name: { type: text, notNull: true }
          born: { type: date, format: iso }
        primaryKey: { name: people_pkey, columns: [id] }
\`\`\`
`;

/** The objects of a plan in reading order: heading and where it is. */
const SECTIONS: [heading: string, path: string[]][] = [
  ['The whole', []],
  ['target', ['target']],
  ['A source', ['sources', '*']],
  ['A collection', ['sources', '*', 'collections', '*']],
  ['A table', ['sources', '*', 'tables', '*']],
  ['A column', ['sources', '*', 'tables', '*', 'columns', '*']],
  ['A key (primaryKey, unique)', ['sources', '*', 'tables', '*', 'primaryKey']],
  ['An index', ['sources', '*', 'tables', '*', 'indexes', '*']],
  ['A part of an index', ['sources', '*', 'tables', '*', 'indexes', '*', 'columns', '*']],
  ['A check', ['sources', '*', 'tables', '*', 'checks', '*']],
  ['A foreign key', ['sources', '*', 'tables', '*', 'foreignKeys', '*']],
  ['references', ['sources', '*', 'tables', '*', 'foreignKeys', '*', 'references']],
  ['A view', ['sources', '*', 'views', '*']],
  ['What is not carried', ['sources', '*', 'notCarried', '*']],
  ['A graph', ['graph']],
  ['Nodes', ['graph', 'nodes', '*']],
  ['A column of a node’s query', ['graph', 'nodes', '*', 'columns', '*']],
  ['Relationships', ['graph', 'relationships', '*']],
  ['A column of a relationship’s query', ['graph', 'relationships', '*', 'columns', '*']],
  ['Where relationships begin', ['graph', 'relationships', '*', 'from']],
  ['Where relationships end', ['graph', 'relationships', '*', 'to']],
  ['An algorithm', ['graph', 'algorithms', '*']],
  ['Vectors', ['vectors', '*']],
  ['A column of a vector’s query', ['vectors', '*', 'columns', '*']],
  ['A Chroma collection', ['vectors', '*', 'chroma']],
  ['Cutting long texts', ['vectors', '*', 'chunk']],
  ['An embedder', ['vectors', '*', 'embedder']],
  ['Vectors that rows hold', ['vectors', '*', 'vector']],
  ['Redis keys', ['cache', '*']],
  ['A column of a key’s query', ['cache', '*', 'columns', '*']],
];

/** docs/plan.md. Throws when a key has no description, or an object no section here. */
export function planPage(): string {
  const root = planJsonSchema() as Schema;
  const sections = SECTIONS.map(([heading, path]) => {
    const schema = at(root, path);
    const where = path.length === 0 ? '' : `\`${path.join('.').replaceAll('*', 'NAME')}\`\n\n`;
    const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => {
      if (value.description === undefined) throw new Error(`${[...path, key].join('.')} has no description`);
      return `- \`${key}\` (${kind(value)}${schema.required?.includes(key) === true ? ', needed' : ''}): ${value.description}`;
    });
    return `## ${heading}\n\n${where}${rows.join('\n')}\n`;
  });
  const missing = objects(root, []).filter((path) => !SECTIONS.some(([, known]) => same(known, path)));
  if (missing.length > 0) throw new Error(`no section for ${missing.map((path) => path.join('.')).join(', ')}`);
  return [INTRO, ...sections].join('\n');
}

function at(schema: Schema, path: readonly string[]): Schema {
  return path.reduce((found, step) => {
    const next = step === '*' ? (found.items ?? found.additionalProperties) : found.properties?.[step];
    if (typeof next !== 'object') throw new Error(`the plan has no ${path.join('.')}`);
    return next;
  }, schema);
}

/** Where each object with keys of its own is; constraints of one form share a section. */
function objects(schema: Schema, path: string[]): string[][] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => objects(value, [...path, key]));
  const inside = [schema.items, schema.additionalProperties].flatMap((inner) =>
    typeof inner === 'object' ? objects(inner, [...path, '*']) : [],
  );
  const unique = path.at(-2) === 'unique';
  return [...(schema.properties === undefined || unique ? [] : [path]), ...below, ...inside];
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.join('.') === b.join('.');

function kind(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(kind).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.type === 'array') return schema.items?.type === 'object' ? 'list' : 'list of names';
  if (schema.type === 'object') return typeof schema.additionalProperties === 'object' ? 'map' : 'object';
  if (schema.type === 'string' && schema.pattern?.startsWith('^\\d+') === true) return 'a percentage such as `0.1%`';
  if (schema.type === 'string') return 'text';
  if (schema.type === 'boolean') return 'true or false';
  const { minimum, maximum } = schema;
  return minimum !== undefined && maximum !== undefined
    ? `number from ${minimum.toLocaleString('en-US')} to ${maximum.toLocaleString('en-US')}`
    : 'number';
}
