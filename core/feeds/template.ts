/** A text with columns in braces: `user:{id}`. `{{` and `}}` are braces themselves. */
export interface Template {
  /** One more than there are columns: what stands before, between and behind them. */
  texts: string[];
  columns: string[];
}

/** Undefined where a brace is left open or closed without being opened, or a name is empty. */
export function parseTemplate(text: string): Template | undefined {
  const texts = [''];
  const columns: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      texts[texts.length - 1] += char;
      at += 1;
    } else if (char === '{') {
      const end = text.indexOf('}', at);
      const name = text.slice(at + 1, end);
      if (end < 0 || name === '' || name.includes('{')) return undefined;
      columns.push(name);
      texts.push('');
      at = end;
    } else if (char === '}') {
      return undefined;
    } else {
      texts[texts.length - 1] += char;
    }
  }
  return { texts, columns };
}

/** The text with its columns filled in; undefined when one of them has no value. */
export function fillTemplate(
  { texts, columns }: Template,
  value: (column: string, position: number) => string | undefined,
): string | undefined {
  let text = texts[0]!;
  for (const [i, column] of columns.entries()) {
    const filled = value(column, i);
    if (filled === undefined) return undefined;
    text += filled + texts[i + 1]!;
  }
  return text;
}
