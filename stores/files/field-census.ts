import type { FieldStorage, WantedFields } from '../../core/field-storage';
import { nameKey } from '../sqlite/names';
import type { JsonMember } from './json-scan';
import { classOfNumber } from './numbers';

/** More names than this are not told apart: such documents are dictionaries, and none of their keys will be a column. */
const MAX_NAMES = 20_000;
/** With so few fields in all, each is a column. */
const FEW = 32;
/** Else those that at least this share of the documents has; */
const SHARE = 0.05;
/** and no more than these. */
const MAX_COLUMNS = 250;

/** Columns of sqlift's own, which no field can be. */
export const OWN_COLUMNS = ['_path', '_index', '_line', '_body', '_value', '_extra', '_refused', '_raw'] as const;
const OWN = new Set<string>(OWN_COLUMNS);

/** In how many documents a field has a value of each kind. Null is no value. */
interface FieldCounts {
  documents: number;
  texts: number;
  booleans: number;
  integers: number;
  /** Integers that a double does not hold for sure. */
  wide: number;
  reals: number;
  decimals: number;
  /** Numbers that only JSON can hold. */
  others: number;
  containers: number;
}

export interface FieldColumn {
  name: string;
  storage: FieldStorage;
  /** For people: what makes the column JSON. */
  note?: string;
}

/** What the fields of a collection's documents hold. */
export class FieldCensus {
  #documents = 0;
  readonly #fields = new Map<string, FieldCounts>();

  /** The members of one document. */
  add(members: readonly JsonMember[]): void {
    this.#documents += 1;
    for (const { key, kind, value } of members) {
      if (kind === 'null') continue;
      const counts = this.#of(key);
      if (counts === undefined) continue;
      counts.documents += 1;
      if (kind === 'string') counts.texts += 1;
      else if (kind === 'boolean') counts.booleans += 1;
      else if (kind === 'number') countNumber(counts, value);
      else counts.containers += 1;
    }
  }

  merge(other: FieldCensus): void {
    this.#documents += other.#documents;
    for (const [name, counts] of other.#fields) {
      const sum = this.#of(name);
      if (sum !== undefined) for (const key of Object.keys(counts) as (keyof FieldCounts)[]) sum[key] += counts[key];
    }
  }

  #of(name: string): FieldCounts | undefined {
    let counts = this.#fields.get(name);
    if (counts === undefined && this.#fields.size < MAX_NAMES) this.#fields.set(name, (counts = noCounts()));
    return counts;
  }

  /**
   * The fields that become columns, in order of their names' bytes: those of `wanted`, or else all where there are few and otherwise
   * those that many documents have. Of names that SQLite does not tell apart (`id` and `ID`) the most frequent one counts. The
   * same documents give the same columns, in whatever order they are read.
   */
  columns(wanted?: WantedFields): FieldColumn[] {
    const fields = wanted?.fields ?? {};
    const named = Object.keys(fields).filter((name) => fields[name] !== 'if there' || this.#fields.has(name));
    const chosen = new Set(wanted === undefined || wanted.drafted ? [...named, ...this.#frequent()] : named);
    const taken = new Set<string>();
    const columns = [...chosen].flatMap((name): FieldColumn[] => {
      if (!canBeColumn(name) || taken.has(nameKey(name))) return [];
      taken.add(nameKey(name));
      const counts = this.#fields.get(name) ?? noCounts();
      const wish = wanted?.fields[name] ?? 'any';
      const storage = wish === 'any' || wish === 'if there' ? storageOf(counts) : wish;
      return [{ name, storage, ...(storage === 'json' && note(counts)) }];
    });
    return columns.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  /** The most frequent first. Of equally frequent ones all are columns or, where they are too many, none. */
  #frequent(): string[] {
    const fields = [...this.#fields].filter(([name]) => canBeColumn(name));
    const least = fields.length <= FEW ? 1 : Math.max(1, this.#documents * SHARE);
    const frequent = fields
      .filter(([, { documents }]) => documents >= least)
      .sort(([a, x], [b, y]) => y.documents - x.documents || (a < b ? -1 : 1));
    const beyond = frequent[MAX_COLUMNS]?.[1].documents;
    return frequent.filter(([, { documents }]) => beyond === undefined || documents > beyond).map(([name]) => name);
  }
}

/** Names that SQLite, PostgreSQL and a plan can all have. */
function canBeColumn(name: string): boolean {
  return name !== '' && name !== '__proto__' && !OWN.has(nameKey(name)) && !/\0|\p{Surrogate}/u.test(name);
}

function countNumber(counts: FieldCounts, literal: string): void {
  switch (classOfNumber(literal)) {
    case 'integer':
      counts.integers += 1;
      if (literal.length > 15) counts.wide += 1;
      break;
    case 'real':
      counts.reals += 1;
      break;
    case 'decimal':
      counts.decimals += 1;
      break;
    case 'other':
      counts.others += 1;
  }
}

function noCounts(): FieldCounts {
  return { documents: 0, texts: 0, booleans: 0, integers: 0, wide: 0, reals: 0, decimals: 0, others: 0, containers: 0 };
}

/** The narrowest storage in which every value is told apart from every other. */
function storageOf(counts: FieldCounts): FieldStorage {
  const { documents, texts, booleans, integers, wide, reals, decimals } = counts;
  if (documents === 0) return 'json';
  if (texts === documents) return 'text';
  if (booleans === documents) return 'boolean';
  if (integers === documents) return 'integer';
  if (integers + reals + decimals !== documents) return 'json';
  return decimals === 0 && (wide === 0 || integers === 0) ? 'real' : 'numeric';
}

function note({ texts, booleans, integers, reals, decimals, others, containers }: FieldCounts): { note?: string } {
  const kinds: [number, string][] = [
    [containers, 'list or object'],
    [texts, 'text'],
    [integers + reals + decimals + others, 'number'],
    [booleans, 'boolean'],
  ];
  const there = kinds.filter(([count]) => count > 0);
  if (there.length < 2) return {};
  const shown = there.map(([count, kind]) => `${count.toLocaleString('en-US')} ${count === 1 ? kind : plural(kind)}`);
  return { note: `mixed: ${shown.join(', ')}` };
}

function plural(kind: string): string {
  return kind === 'list or object' ? 'lists or objects' : `${kind}s`;
}
