/**
 * Patterns for paths below a folder: `*` any part of a name, `**` any folders, `?` one character, `{a,b}` either; a backslash
 * takes the meaning from what follows it. Everything else stands for itself.
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  let source = '';
  let braces = 0;
  for (const [token] of pattern.matchAll(/\\[^]|\*\*\/|\*\*|\*|[^]/gu)) {
    if (token === '**/') source += '(?:[^/]+/)*';
    else if (token === '**') source += '[^]*';
    else if (token === '*') source += '[^/]*';
    else if (token === '?') source += '[^/]';
    else if (token === '{') {
      source += '(?:';
      braces += 1;
    } else if (token === '}' && braces > 0) {
      source += ')';
      braces -= 1;
    } else if (token === ',' && braces > 0) source += '|';
    else source += quoted(token.length > 1 && token.startsWith('\\') ? token.slice(1) : token);
  }
  const regex = new RegExp(`^${source}${')'.repeat(braces)}$`, 'u');
  return (path) => regex.test(path);
}

/** How exactly a pattern says what it means: the number of its characters that stand for themselves. */
export function literalLength(pattern: string): number {
  return pattern.replace(/\*|\?|[{},\\]/g, '').length;
}

/** A pattern that matches this text and nothing else. */
export function literalPattern(text: string): string {
  return text.replace(/[\\*?{},]/g, '\\$&');
}

function quoted(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
