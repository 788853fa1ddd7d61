import { Composer, LineCounter, Parser, Scalar, isAlias, isMap, isNode, isScalar, isSeq, visit } from 'yaml';
import type { Alias, CST, Document, Node, Pair, YAMLMap } from 'yaml';
import type { FileRefusal } from '../../core/file-refusals';
import { refused } from './records';
import type { FileRecord } from './records';

/*
 * YAML 1.2 with its core schema, as JSON. So `no`, `12:30:45` and `2024-02-30` are texts. A number that begins with 0 stays the
 * text that it is written as, since YAML 1.1 reads another number. Aliases and merge keys are expanded. No tag makes
 * anything but JSON: those that are not of the core schema are refused.
 */

/** More text than this takes gigabytes to parse. */
export const YAML_BYTES = 32 << 20;
/** Nodes and characters that the aliases of one document may expand to: ample for people, nothing for a bomb. */
const ALIAS_NODES = 100_000;
const ALIAS_CHARACTERS = 64 << 20;
const MAX_DEPTH = 500;
/** The parser's time grows with the square of the brackets that are open. Those in texts are counted too, hence the room. */
const MAX_BRACKETS = 10_000;

const CORE_TAGS = new Set(
  ['map', 'seq', 'str', 'null', 'bool', 'int', 'float', 'merge'].map((name) => `tag:yaml.org,2002:${name}`),
);

/**
 * A record a document.
 * @param first line of the file that the text begins at
 */
export function yamlRecords(text: string, first = 1): FileRecord[] {
  const lines = new LineCounter();
  if (brackets(text) > MAX_BRACKETS) return [refused(first, 'too deeply nested', Buffer.from(text))];
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  // The parser keeps its own stack; what comes after it calls itself.
  if (tokens.some(isTooDeep)) return [refused(first, 'too deeply nested', Buffer.from(text))];
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: true,
    intAsBigInt: true,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter: lines,
  });
  const documents = [...composer.compose(tokens)] as Document.Parsed[];
  const lineAt = (offset: number) => first - 1 + Math.max(1, lines.linePos(offset).line);
  return documents.map((document): FileRecord => {
    const [begin, , end] = document.range;
    const at = document.contents?.range?.[0] ?? begin;
    const raw = () => Buffer.from(text.slice(begin, end));
    const error = document.errors[0];
    if (error !== undefined) return refused(lineAt(error.pos[0]), syntaxRefusal(error.code), raw());
    try {
      return { line: lineAt(at), json: new Expansion(document).json() };
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      return refused(lineAt(problem.offset ?? at), problem.reason, raw());
    }
  });
}

/** The most brackets that are open at a time. */
function brackets(text: string): number {
  let open = 0;
  let most = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open = Math.max(0, open + (bracket === '[' || bracket === '{' ? 1 : -1));
    most = Math.max(most, open);
  }
  return most;
}

/** Whether a token holds more levels than are read, told without calling itself. */
function isTooDeep(token: CST.Token): boolean {
  let level: CST.Token[] = [token];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((parent) => {
      if ('items' in parent)
        return parent.items.flatMap(({ key, value }) => [key, value].filter((part) => part != null));
      return parent.type === 'document' && parent.value !== undefined ? [parent.value] : [];
    });
  }
  return false;
}

function syntaxRefusal(code: string): FileRefusal {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'duplicate keys';
    case 'TAB_AS_INDENT':
      return 'tab as indentation';
    case 'TAG_RESOLVE_FAILED':
      return FOREIGN_TAG;
    case 'RESOURCE_EXHAUSTION':
      return 'too deeply nested';
    default:
      return 'not YAML';
  }
}

const FOREIGN_TAG = 'tag that is not of YAML’s core';

class Refused extends Error {
  constructor(
    readonly reason: FileRefusal,
    readonly offset: number | undefined,
  ) {
    super(reason);
  }
}

/** One document as JSON. */
class Expansion {
  /** Aliases that are being expanded. */
  readonly #within = new Set<Node>();
  #nodes = 0;
  #characters = 0;

  /** What each alias stands for: the anchor of its name that came last. (`Alias.resolve` would search the document each time.) */
  readonly #targets = new Map<Alias, Node | undefined>();

  constructor(private readonly document: Document.Parsed) {
    const anchors = new Map<string, Node>();
    visit(document, {
      Alias: (_, alias) => void this.#targets.set(alias, anchors.get(alias.source)),
      Value: (_, node) => void (node.anchor !== undefined && anchors.set(node.anchor, node)),
    });
  }

  json(): string {
    return this.#value(this.document.contents, 0);
  }

  #value(node: unknown, depth: number): string {
    if (node === null || node === undefined) return 'null';
    if (!isNode(node)) throw new Refused('not YAML', undefined);
    if (depth > MAX_DEPTH) throw refusedAt('too deeply nested', node);
    if (isAlias(node)) return this.#expanded(node, (target) => this.#value(target, depth + 1));
    // An open node may be its own alias, directly or through others.
    this.#within.add(node);
    try {
      if (node.tag !== undefined && node.tag !== '!' && !CORE_TAGS.has(node.tag)) throw refusedAt(FOREIGN_TAG, node);
      if (isScalar(node)) return this.#counted(scalarJson(node));
      if (isSeq(node)) return this.#counted(`[${node.items.map((item) => this.#value(item, depth + 1)).join(',')}]`, 2);
      if (isMap(node)) return this.#counted(membersJson(this.#members(node, depth)), 2);
      throw refusedAt('not YAML', node);
    } finally {
      this.#within.delete(node);
    }
  }

  /** Members as JSON by key; those of merged maps do not replace the map's own. */
  #members(map: YAMLMap, depth: number): Map<string, string> {
    const own = new Map<string, string>();
    const merged = new Map<string, string>();
    for (const pair of map.items) {
      if (isMergeKey(pair)) {
        for (const [key, value] of this.#merged(pair.value as Node, depth))
          if (!merged.has(key)) merged.set(key, value);
        continue;
      }
      const key = this.#key(pair.key as Node | null);
      if (own.has(key)) throw refusedAt('duplicate keys', pair.key as Node);
      own.set(key, this.#value(pair.value, depth + 1));
    }
    for (const [key, value] of merged) if (!own.has(key)) own.set(key, value);
    return own;
  }

  #merged(node: Node, depth: number): Map<string, string> {
    if (depth > MAX_DEPTH) throw refusedAt('too deeply nested', node);
    if (isAlias(node)) return this.#expanded(node, (target) => this.#merged(target, depth + 1));
    if (isMap(node)) return this.#members(node, depth + 1);
    if (!isSeq(node)) throw refusedAt('not YAML', node);
    const all = new Map<string, string>();
    for (const item of node.items)
      for (const [key, value] of this.#merged(item as Node, depth + 1)) if (!all.has(key)) all.set(key, value);
    return all;
  }

  #key(node: Node | null): string {
    if (node === null) return 'null';
    const target = isAlias(node) ? this.#targets.get(node) : node;
    if (!isScalar(target)) throw refusedAt('key that is no scalar', node);
    return typeof target.value === 'string' ? target.value : (target.source ?? 'null') || 'null';
  }

  #expanded<T>(alias: Alias, expand: (target: Node) => T): T {
    const target = this.#targets.get(alias);
    if (target === undefined) throw refusedAt('not YAML', alias);
    if (this.#within.has(target)) throw refusedAt('alias of what it is part of', alias);
    this.#within.add(target);
    this.#nesting += 1;
    try {
      return expand(target);
    } catch (error) {
      // Where the alias is, a person finds it.
      if (error instanceof Refused && error.reason === 'too many aliases') throw refusedAt(error.reason, alias);
      throw error;
    } finally {
      this.#nesting -= 1;
      this.#within.delete(target);
    }
  }

  #nesting = 0;

  #counted(json: string, characters = json.length): string {
    if (this.#nesting === 0) return json;
    this.#nodes += 1;
    this.#characters += characters;
    if (this.#nodes > ALIAS_NODES || this.#characters > ALIAS_CHARACTERS)
      throw new Refused('too many aliases', undefined);
    return json;
  }
}

function refusedAt(reason: FileRefusal, node: Node): Refused {
  return new Refused(reason, node.range?.[0]);
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && (key.source === '<<' || key.value === '<<');
}

function membersJson(members: Map<string, string>): string {
  return `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

function scalarJson(node: Scalar): string {
  const { value, source = '' } = node;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'bigint':
      return /^[-+]?0\d/.test(source) && node.tag === undefined
        ? JSON.stringify(source)
        : decimalInteger(source, value);
    case 'number':
      return floatJson(node, source);
    default:
      if (value === null) return 'null';
      throw refusedAt(FOREIGN_TAG, node);
  }
}

function decimalInteger(source: string, value: bigint): string {
  return source === '-0' ? source : value.toString();
}

/** A float of the core schema as a number of JSON, digit for digit. */
function floatJson(node: Scalar, source: string): string {
  const parts = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(source);
  if (parts === null) throw refusedAt('number that JSON has not', node);
  const [, sign, whole, fraction, exponent] = parts;
  const point = fraction === undefined ? '' : `.${fraction === '' ? '0' : fraction}`;
  return `${sign === '-' ? '-' : ''}${whole!.replace(/^0+(?=\d)/, '') || '0'}${point}${exponent === undefined ? '' : `e${exponent}`}`;
}
