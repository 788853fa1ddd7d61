/** Folds A to Z only, as SQLite does in NOCASE, LIKE, lower() and names. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
