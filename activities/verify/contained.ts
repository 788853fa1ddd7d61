import { RowHash } from '../../core/digest';
import type { ColumnMapping, TableMapping } from '../../core/mapping';
import type { Meaning, SourceValue } from '../../core/meaning/meaning';
import { targetMeaning } from '../../core/meaning/target';
import { qualified, quoteIdent } from '../../stores/postgres/names';
import type { TargetPlace } from '../../stores/postgres/names';
import type { ReadBack } from '../../stores/postgres/read-back';
import type { Findings } from './findings';
import { keyText, pairingColumns } from './narrow';
import { reportPairs } from './pairs';
import type { Unmatched } from './pairs';
import { shown } from './show';
import { detached } from './sides';
import type { Sides, SourceVisit, Unit } from './sides';

/**
 * Compares where the target holds other rows too: it was appended to, or only a part of the source's rows is looked at. That every one of
 * them is there is all that can be told. Rows are looked up by primary key where an index finds them, otherwise counted, all parts in one
 * pass over the target.
 */
export async function findNotContained(
  sides: Sides,
  parts: readonly Unit[],
  back: ReadBack,
  place: TargetPlace,
  mapping: TableMapping,
  findings: Findings,
): Promise<void> {
  const keys = mapping.primaryKey === undefined ? undefined : pairingColumns(mapping);
  const canLookUp =
    keys !== undefined &&
    keys.every((i) => lookupType(mapping.columns[i]!) !== undefined) &&
    (await back.hasIndexOn(place, mapping.columns[keys[0]!]!.target));
  if (!canLookUp) await countOff(sides, parts, mapping, findings);
  else for (const part of parts) await lookUp(sides, part, back, place, mapping, keys, findings);
}

/** The type that a key is looked up as; undefined for types that no index can find, and for instants that are compared as local time. */
function lookupType({ type, timeZone }: ColumnMapping): string | undefined {
  if (type.name === 'json' || type.name === 'jsonb' || timeZone !== undefined) return undefined;
  // Without length or scale: a cast to them would cut the key that is looked for.
  return type.name === 'varchar' ? 'text' : type.name;
}

/** The key cell as PostgreSQL reads it. */
function lookupText(meaning: Meaning, value: SourceValue, { type }: ColumnMapping): string | null {
  if (type.name === 'double precision' && value !== null) return shown(value);
  return type.name === 'bytea' && meaning !== null ? `\\x${meaning}` : meaning;
}

async function lookUp(
  sides: Sides,
  part: Unit,
  back: ReadBack,
  place: TargetPlace,
  mapping: TableMapping,
  keys: readonly number[],
  findings: Findings,
): Promise<void> {
  const readers = mapping.columns.map(targetMeaning);
  const match = keys.map(
    (column, i) =>
      `t.${quoteIdent(mapping.columns[column]!.target)} = k.k${i}::${lookupType(mapping.columns[column]!)}`,
  );
  const sql = `SELECT ${mapping.columns.map((column) => `t.${quoteIdent(column.target)}`).join(', ')}
    FROM (SELECT DISTINCT * FROM unnest(${keys.map((_, i) => `$${i + 1}::text[]`).join(', ')}) AS u(${keys.map((_, i) => `k${i}`).join(', ')})) AS k
    JOIN ${qualified(place.schema, place.table)} AS t ON ${match.join(' AND ')}`;
  let wanted: (Unmatched & { lookup: (string | null)[] })[] = [];
  const flush = async () => {
    const batch = wanted;
    wanted = [];
    // No PostgreSQL text contains NUL: such a key is not there, and could not be asked for.
    const askable = batch.filter((row) => row.lookup.every((text) => text !== null && !text.includes('\0')));
    const found = new Map<string, Unmatched[]>();
    if (askable.length > 0) {
      for (const texts of await back.query(
        sql,
        keys.map((_, i) => askable.map((row) => row.lookup[i])),
      )) {
        const row = {
          meanings: readers.map((read, i) => read(texts[i]!)),
          values: texts,
          key: keyText(texts, keys, mapping),
        };
        const key = keyOf(row, keys);
        found.set(key, [...(found.get(key) ?? []), row]);
      }
    }
    for (const row of batch) {
      const there = found.get(keyOf(row, keys)) ?? [];
      if (there.some((other) => other.meanings.every((meaning, i) => meaning === row.meanings[i]))) continue;
      reportPairs([row], there.slice(0, 1), true, findings);
    }
  };
  await sides.source.scan(
    part,
    (meanings, values, locator) => {
      wanted.push({
        meanings: detached(meanings),
        values: detached(values),
        key: keyText(values, keys, mapping, locator),
        lookup: keys.map((i) => lookupText(meanings[i]!, values[i]!, mapping.columns[i]!)),
      });
    },
    flush,
  );
  await flush();
}

function keyOf(row: Unmatched, keys: readonly number[]): string {
  return JSON.stringify(keys.map((i) => row.meanings[i]));
}

/** Row hashes that one round counts, and rows without an equal that are looked up to be named. */
const HASHES_PER_ROUND = 500_000;
const NAMED_ROWS = 100_000;
const PARTS = 65_536;

/** Multiset inclusion without a key: how often each row hash occurs in the source, less how often in the target. */
async function countOff(
  sides: Sides,
  units: readonly Unit[],
  mapping: TableMapping,
  findings: Findings,
): Promise<void> {
  const eachSource = async (visit: SourceVisit) => {
    for (const unit of units) await sides.source.scan(unit, visit);
  };
  const hash = new RowHash();
  const parts = new Uint32Array(PARTS);
  await eachSource((meanings) => {
    hash.of(meanings);
    parts[hash.high >>> 16]!++;
  });
  const absent = new Map<string, number>();
  let unnamed = 0;
  for (const [from, to] of rounds(parts)) {
    const count = new Map<string, number>();
    const within = (meanings: readonly Meaning[]) => {
      hash.of(meanings);
      return hash.high >>> 16 >= from && hash.high >>> 16 < to;
    };
    await eachSource((meanings) => {
      if (within(meanings)) count.set(hash.key, (count.get(hash.key) ?? 0) + 1);
    });
    await sides.target.scan({ source: 'none' }, (meanings) => {
      const wanted = within(meanings) ? count.get(hash.key) : undefined;
      if (wanted === 1) count.delete(hash.key);
      else if (wanted !== undefined) count.set(hash.key, wanted - 1);
    });
    for (const [key, rows] of count) {
      if (absent.size < NAMED_ROWS) absent.set(key, rows);
      else unnamed += rows;
    }
  }
  if (absent.size > 0) {
    await eachSource((meanings, values, locator) => {
      hash.of(meanings);
      const rows = absent.get(hash.key) ?? 0;
      if (rows === 0) return;
      absent.set(hash.key, rows - 1);
      findings.missing({ values, key: keyText(values, undefined, mapping, locator) });
    });
  }
  if (unnamed > 0) findings.atLeast(unnamed);
}

/** Ranges of parts with at most so many rows as one round holds; the parts are even, as hashes are. */
function* rounds(parts: Uint32Array): Generator<[from: number, to: number]> {
  let from = 0;
  let rows = 0;
  for (let part = 0; part < PARTS; part++) {
    if (rows > 0 && rows + parts[part]! > HASHES_PER_ROUND) {
      yield [from, part];
      from = part;
      rows = 0;
    }
    rows += parts[part]!;
  }
  yield [from, PARTS];
}
