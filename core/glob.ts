/** Patterns for names: `*` stands for any characters, none too, `?` for one; upper and lower case differ. */

/** Whether the key may be a pattern. A name that exists with these characters in it is taken for itself all the same. */
export function isGlob(key: string): boolean {
  return /[*?]/.test(key);
}

/** How many characters of a pattern stand for themselves: the more, the more specific. */
export function literals(glob: string): number {
  return [...glob].filter((character) => character !== '*' && character !== '?').length;
}

/** Whether the whole name matches. Takes at most the product of both lengths, whatever the pattern. */
export function matchesGlob(glob: string, name: string): boolean {
  const pattern = [...glob];
  const text = [...name];
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    // A star first: the text may hold one, too.
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
