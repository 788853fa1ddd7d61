import type { LikeExpression } from './ast';
import { asciiLower } from './ascii';
import type { Operand } from './operand';
import { quoteText } from './quote';
import { refuse } from './untranslatable';

/**
 * LIKE and GLOB over texts. LIKE folds A to Z only, and has no escape character unless one is named.
 * @throws Untranslatable
 */
export function matchSql(
  { operator, not }: LikeExpression,
  operand: string,
  pattern: Operand,
  escape: Operand | undefined,
): string {
  if (operator === 'glob') return glob(operand, pattern, not);
  if (operator !== 'like') return refuse(`${operator.toUpperCase()} is the application’s own function`);
  const folded = `lower(${operand} COLLATE "C")`;
  const like = not ? 'NOT LIKE' : 'LIKE';
  if (typeof pattern.constant !== 'string') {
    if (escape !== undefined) return refuse('LIKE with an escape character and a pattern that is no literal');
    return `(${folded} ${like} lower(${pattern.sql} COLLATE "C") ESCAPE '')`;
  }
  if (escape === undefined) {
    const wanted = quoteText(asciiLower(pattern.constant));
    return `(${folded} ${like} ${wanted}${pattern.constant.includes('\\') ? " ESCAPE ''" : ''})`;
  }
  const character = escape.constant;
  if (typeof character !== 'string' || [...character].length !== 1)
    return refuse('LIKE with an escape character that is no literal');
  if (/[A-Z%_]/i.test(character)) return refuse(`LIKE with ${character} as its escape character`);
  const pieces = [...pattern.constant];
  let dangling = false;
  for (let i = 0; i < pieces.length; i++) if (pieces[i] === character && ++i === pieces.length) dangling = true;
  if (dangling) return refuse('LIKE with a pattern that ends in its escape character');
  return `(${folded} ${like} ${quoteText(asciiLower(pattern.constant))} ESCAPE ${quoteText(character)})`;
}

function glob(operand: string, pattern: Operand, not: boolean): string {
  if (typeof pattern.constant !== 'string') return refuse('GLOB with a pattern that is no literal');
  // Comparing by code points is what the collation "C" is for.
  return `(${operand} COLLATE "C" ${not ? '!~' : '~'} ${quoteText(globRegex(pattern.constant))})`;
}

/** A pattern of GLOB as a regular expression of PostgreSQL's. */
export function globRegex(pattern: string): string {
  const characters = [...pattern];
  let regex = '';
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === '*') regex += '.*';
    else if (character === '?') regex += '.';
    else if (character === '[') {
      const set = readSet(characters, i + 1);
      regex += set.regex;
      i = set.end;
    } else regex += /[\\^$.|+()[\]{}]/.test(character) ? `\\${character}` : character;
  }
  return `^${regex}$`.replace(/(?:\.\*)+\$$/, '');
}

/** A set from behind its bracket on; `end` is where its closing bracket stands. */
function readSet(characters: readonly string[], begin: number): { regex: string; end: number } {
  let at = begin;
  const negated = characters[at] === '^';
  if (negated) at += 1;
  let members = '';
  let previous: string | undefined;
  // A closing bracket that comes first is a member.
  if (characters[at] === ']') {
    members += '\\]';
    at += 1;
  }
  for (; at < characters.length && characters[at] !== ']'; at++) {
    const character = characters[at]!;
    const next = characters[at + 1];
    if (character === '-' && previous !== undefined && next !== undefined && next !== ']') {
      if (next.codePointAt(0)! < previous.codePointAt(0)!) return refuse('GLOB with a range that runs backwards');
      members += `-${member(next)}`;
      previous = undefined;
      at += 1;
    } else {
      members += member(character);
      previous = character;
    }
  }
  if (at >= characters.length) return refuse('GLOB with a set that does not end');
  if (members === '') return refuse('GLOB with an empty set');
  return { regex: `[${negated ? '^' : ''}${members}]`, end: at };
}

function member(character: string): string {
  return /[\\[\]^-]/.test(character) ? `\\${character}` : character;
}
