/** Names for generated code, made of names that may be anything: each call order gives the same names again. */

/** The words of a name: at underscores and signs, and where lower case meets upper. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(/[^\p{ID_Continue}]+|_+/u)
    .filter((word) => word !== '');
}

const capitalised = (word: string): string => {
  const [first = '', ...rest] = word;
  return first.toUpperCase() + rest.join('').toLowerCase();
};

/** `album_id`, `AlbumId` and `album id` become albumId; what no identifier can hold is left out; `fallback` when nothing stays. */
export function camelCase(name: string, fallback: string): string {
  const [first, ...rest] = wordsOf(name);
  if (first === undefined) return fallback;
  const joined = first.toLowerCase() + rest.map(capitalised).join('');
  return /^\p{ID_Start}/u.test(joined) ? joined : `_${joined}`;
}

export function pascalCase(name: string, fallback: string): string {
  const camel = camelCase(name, fallback);
  const [first = '', ...rest] = camel;
  return first.toUpperCase() + rest.join('');
}

/** Identifiers of one scope. A word that is taken gets `suffix` first, then a number. */
export class Identifiers {
  readonly #taken: Set<string>;

  constructor(reserved: Iterable<string> = []) {
    this.#taken = new Set(reserved);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  take(wanted: string, suffix = ''): string {
    let name = this.#taken.has(wanted) ? wanted + suffix : wanted;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${wanted}${suffix}${number}`;
    this.#taken.add(name);
    return name;
  }
}

/** What TypeScript does not take as the name of a constant in a module. */
export const TYPESCRIPT_RESERVED: readonly string[] =
  `arguments await break case catch class const continue debugger default delete do else enum eval export exports extends false
  finally for function if implements import in instanceof interface let module new null package private protected public require
  return static super switch this throw true try typeof undefined var void while with yield`.split(/\s+/);
