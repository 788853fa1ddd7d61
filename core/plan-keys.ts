import { z } from 'zod';

/** Keys that the schema knows at a path of a value; empty where it knows none by name. */
export function schemaKeys(schema: z.ZodType, path: readonly string[]): string[] {
  let current: z.core.$ZodType = schema;
  for (const step of path) {
    current = unwrap(current);
    if (current instanceof z.ZodObject) current = (current.shape as Record<string, z.ZodType>)[step] ?? z.never();
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else if (current instanceof z.ZodArray) current = current.element;
  }
  current = unwrap(current);
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

/** The known name that a mistyped one most likely means: at most a third of its letters differ. In a pattern, `*` and `?` match. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.replaceAll('*', '').length / 3)) + 1;
  for (const candidate of known) {
    const distance = edits(name.toLowerCase(), candidate.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

/** Levenshtein's distance, to a pattern. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const star = a[i - 1] === '*' ? 0 : 1;
    const next = [row[0]! + star];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] || a[i - 1] === '?';
      next.push(Math.min(row[j]! + star, next[j - 1]! + star, row[j - 1]! + (same ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
