import type { FileRefusal } from '../../core/file-refusals';

export type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'object' | 'array';

/** A member of the outermost object, as it stands in the text. */
export interface JsonMember {
  key: string;
  /** The key with its quotes. */
  keyText: string;
  value: string;
  kind: JsonKind;
}

export interface SoundScan {
  kind: JsonKind;
  /** Of an object, in the order of the text. */
  members: JsonMember[];
  problem?: undefined;
}

export type JsonScan = SoundScan | { problem: FileRefusal; offset: number };

/**
 * Reads a JSON text (RFC 8259) as far as it takes to know that it is one and what the members of its outermost object are.
 * Values are not made: numbers keep every digit, and an object keeps the order of its members. Keeps its own stack, so the depth
 * is bounded by memory only. Duplicate keys, at any depth, are a problem: readers differ in which one they take.
 */
export function scanJson(text: string): JsonScan {
  const open: (Set<string> | undefined)[] = [];
  const members: JsonMember[] = [];
  const begin = skipSpace(text, 0);
  const outermost = kindAt(text, begin);
  let at = begin;
  let member: { key: string; keyText: string; start: number; kind: JsonKind } | undefined;
  for (;;) {
    // A value begins here.
    const code = text.charCodeAt(at);
    if (code === BRACE || code === BRACKET) {
      at = skipSpace(text, at + 1);
      open.push(code === BRACE ? new Set() : undefined);
      if (text.charCodeAt(at) !== code + 2) {
        if (code === BRACKET) continue;
        const key = readKey(text, at, open);
        if ('problem' in key) return key;
        at = key.next;
        if (open.length === 1) member = { ...key, start: at, kind: kindAt(text, at) };
        continue;
      }
      open.pop();
      at += 1;
    } else if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (end < 0) return { problem: 'not JSON', offset: at };
      at = end;
    } else {
      const end = scalarEnd(text, at);
      if (end < 0)
        return { problem: /^-?(NaN|Infinity)/.test(text.slice(at, at + 9)) ? NOT_A_NUMBER : 'not JSON', offset: at };
      at = end;
    }
    // A value has ended: close every container that ends with it.
    for (;;) {
      if (open.length === 1 && member !== undefined) {
        members.push({
          key: member.key,
          keyText: member.keyText,
          value: text.slice(member.start, at),
          kind: member.kind,
        });
        member = undefined;
      }
      at = skipSpace(text, at);
      if (open.length === 0) {
        if (at === text.length) return { kind: outermost, members };
        return { problem: /[[{"\w-]/.test(text[at]!) ? 'several JSON documents in one' : 'not JSON', offset: at };
      }
      const keys = open.at(-1);
      const next = text.charCodeAt(at);
      if (next === COMMA) {
        at = skipSpace(text, at + 1);
        if (keys !== undefined) {
          const key = readKey(text, at, open);
          if ('problem' in key) return key;
          at = key.next;
          if (open.length === 1) member = { ...key, start: at, kind: kindAt(text, at) };
        }
        break;
      }
      if (next !== (keys === undefined ? BRACKET : BRACE) + 2) return { problem: 'not JSON', offset: at };
      open.pop();
      at += 1;
    }
  }
}

/** What a string token stands for; undefined when it holds half a surrogate pair, which is no character. */
export function stringValue(token: string): string | undefined {
  const value = JSON.parse(token) as string;
  return /\p{Surrogate}/u.test(value) ? undefined : value;
}

const [QUOTE, COMMA, COLON, BACKSLASH, BRACKET, BRACE] = [34, 44, 58, 92, 91, 123];
const NOT_A_NUMBER = 'NaN or Infinity, which JSON has not';
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

function skipSpace(text: string, at: number): number {
  for (; ; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
  }
}

function scalarEnd(text: string, at: number): number {
  SCALAR.lastIndex = at;
  return SCALAR.test(text) ? SCALAR.lastIndex : -1;
}

function kindAt(text: string, at: number): JsonKind {
  switch (text[at]) {
    case '{':
      return 'object';
    case '[':
      return 'array';
    case '"':
      return 'string';
    case 't':
    case 'f':
      return 'boolean';
    case 'n':
      return 'null';
    default:
      return 'number';
  }
}

/** Position after the closing quote of the string that begins at `at`, or −1 when it is none. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i + 1;
    if (code < 32) return -1;
    if (code !== BACKSLASH) continue;
    i += 1;
    const escape = text[i];
    if (escape === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(i + 1, i + 5))) return -1;
      i += 4;
    } else if (escape === undefined || !'"\\/bfnrt'.includes(escape)) return -1;
  }
  return -1;
}

function readKey(
  text: string,
  at: number,
  open: readonly (Set<string> | undefined)[],
): { key: string; keyText: string; next: number } | { problem: FileRefusal; offset: number } {
  const end = text.charCodeAt(at) === QUOTE ? stringEnd(text, at) : -1;
  if (end < 0) return { problem: 'not JSON', offset: at };
  const keyText = text.slice(at, end);
  const colon = skipSpace(text, end);
  if (text.charCodeAt(colon) !== COLON) return { problem: 'not JSON', offset: colon };
  const keys = open.at(-1)!;
  const key = keyText.includes('\\') ? (JSON.parse(keyText) as string) : keyText.slice(1, -1);
  if (keys.has(key)) return { problem: 'duplicate keys', offset: at };
  keys.add(key);
  return { key, keyText, next: skipSpace(text, colon + 1) };
}
