export { quoteName } from '../../core/quote-name';

/** The key under which SQLite finds a name: it ignores the case of ASCII letters, and of no others. */
export function nameKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
