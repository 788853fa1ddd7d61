/** Text as it stands in generated TypeScript. Names and SQL come from users' files: nothing of them may become code. */

const escapeControl = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Line ends of JavaScript among the control characters, and what turns the reading direction. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A string literal in single quotes. */
export function stringLiteral(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&').replaceAll(UNSAFE, escapeControl)}'`;
}

/** Drizzle's sql`…`, which gives back exactly this text. */
export function sqlTemplate(text: string): string {
  const escaped = text.replaceAll(/[\\`]|\$(?=\{)/g, '\\$&');
  // A line end may stand as it is; a carriage return would be read as one.
  return `sql\`${escaped.replaceAll(UNSAFE, (character) => (character === '\n' ? character : escapeControl(character)))}\``;
}

/** A comment of one line, without its indentation. */
export const lineComment = (text: string): string => `// ${escapeLine(text)}`;

/** Text that stays in its line. */
export const escapeLine = (text: string): string => text.replaceAll(UNSAFE, escapeControl);
