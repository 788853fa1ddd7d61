/** A name as an SQLite identifier, safe whatever it contains. The one place where sqlift quotes for SQLite. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The key under which SQLite finds a name: it ignores the case of ASCII letters, and of no others. */
export function nameKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
