/** A name as an SQLite identifier, safe whatever it contains. The one place where sqlift quotes for SQLite. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
