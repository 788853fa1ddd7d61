/** Why an expression of SQLite's has no equal in PostgreSQL. Caught where the translation began. */
export class Untranslatable extends Error {}

/** @throws Untranslatable */
export function refuse(reason: string): never {
  throw new Untranslatable(reason);
}
