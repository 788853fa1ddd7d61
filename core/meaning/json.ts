import { hasLoneSurrogate } from './meaning';
import { scientificDecimal } from './decimal';

/**
 * Canonical form of a JSON text, as jsonb means it: members sorted, the last of duplicates kept, no spaces, strings
 * unescaped and escaped again in one way, numbers as decimals that never pass through a double.
 *
 * `undefined` when the text is not JSON (RFC 8259) or holds what jsonb cannot: NUL or half a surrogate pair in a string;
 * with `withNul`, as stores mean it whose texts may hold NUL. It keeps its own stack, so depth is bounded by memory only.
 */
export function canonicalJson(text: string, withNul = false): string | undefined {
  const open: Container[] = [];
  let at = skipSpace(text, 0);
  for (;;) {
    // A value begins here.
    let value: string;
    const code = text.charCodeAt(at);
    if (code === BRACE || code === BRACKET) {
      const container: Container = code === BRACE ? { members: new Map(), key: '' } : { members: undefined, items: [] };
      at = skipSpace(text, at + 1);
      if (text.charCodeAt(at) === code + 2) {
        value = code === BRACE ? '{}' : '[]';
        at++;
      } else {
        if (container.members !== undefined && (at = readKey(text, at, container, withNul)) < 0) return undefined;
        open.push(container);
        continue;
      }
    } else if (code === QUOTE) {
      const end = stringEnd(text, at);
      const string = end < 0 ? undefined : unescaped(text.slice(at, end), withNul);
      if (string === undefined) return undefined;
      value = JSON.stringify(string);
      at = end;
    } else {
      SCALAR.lastIndex = at;
      const token = SCALAR.exec(text)?.[0];
      if (token === undefined) return undefined;
      at += token.length;
      value = code >= 97 ? token : scientificDecimal(token);
    }
    // A value has ended: put it into its container, and close every container that ends with it.
    for (;;) {
      at = skipSpace(text, at);
      const container = open.at(-1);
      if (container === undefined) return at === text.length ? value : undefined;
      if (container.members !== undefined) container.members.set(container.key, value);
      else container.items.push(value);
      const next = text.charCodeAt(at);
      if (next === COMMA) {
        at = skipSpace(text, at + 1);
        if (container.members !== undefined && (at = readKey(text, at, container, withNul)) < 0) return undefined;
        break;
      }
      if (next !== (container.members === undefined ? BRACKET : BRACE) + 2) return undefined;
      value = container.members === undefined ? `[${container.items.join(',')}]` : sorted(container.members);
      open.pop();
      at++;
    }
  }
}

type Container = { members: Map<string, string>; key: string } | { members: undefined; items: string[] };

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const BRACKET = 91;
const BRACE = 123;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function skipSpace(text: string, at: number): number {
  for (; ; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
  }
}

/** Reads `"key" :` into the container; the position of the value, or −1. */
function readKey(
  text: string,
  at: number,
  container: { members: Map<string, string>; key: string },
  withNul: boolean,
): number {
  const end = text.charCodeAt(at) === QUOTE ? stringEnd(text, at) : -1;
  const key = end < 0 ? undefined : unescaped(text.slice(at, end), withNul);
  if (key === undefined) return -1;
  container.key = key;
  at = skipSpace(text, end);
  return text.charCodeAt(at) === COLON ? skipSpace(text, at + 1) : -1;
}

/** Position after the closing quote of the string that begins at `at`, or −1. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) i++;
  }
  return -1;
}

/** What a string token stands for; `undefined` when it is not one, or jsonb cannot hold it. */
function unescaped(token: string, withNul: boolean): string | undefined {
  let value: string;
  try {
    value = JSON.parse(token) as string;
  } catch {
    return undefined;
  }
  return (!withNul && value.includes('\0')) || hasLoneSurrogate(value) ? undefined : value;
}

/** By code unit: any order will do that is the same for equal members. */
function sorted(members: Map<string, string>): string {
  const keys = [...members.keys()].sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${members.get(key)}`).join(',')}}`;
}
