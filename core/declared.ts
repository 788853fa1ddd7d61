import type { SourceColumn } from './source';

/** What the author of a schema meant by a column's declared type, as far as PostgreSQL has a type for it. */
export type Intent =
  | { kind: 'integer' | 'real' | 'text' | 'boolean' | 'date' | 'json' | 'uuid' | 'bytes' }
  | { kind: 'timestamp'; zoned: boolean }
  | { kind: 'numeric'; precision?: number; scale?: number }
  | { kind: 'varchar'; length: number }
  /** No declared type, or one that says nothing: the values decide. */
  | { kind: 'any' };

/** PostgreSQL's limit of n in varchar(n). */
export const MAX_VARCHAR = 10_485_760;
/** PostgreSQL's limit of p in numeric(p,s). */
export const MAX_PRECISION = 1_000;

const KINDS: [RegExp, Intent][] = [
  [/^(BOOL|BOOLEAN|BIT)$/, { kind: 'boolean' }],
  [/^DATE$/, { kind: 'date' }],
  [/^(TIMESTAMPTZ|DATETIMEOFFSET|(TIMESTAMP|DATETIME) WITH (LOCAL )?TIME ?ZONE)$/, { kind: 'timestamp', zoned: true }],
  [
    /^(DATETIME2?|SMALLDATETIME|TIMESTAMP|(TIMESTAMP|DATETIME) WITHOUT TIME ?ZONE)$/,
    { kind: 'timestamp', zoned: false },
  ],
  [/^JSONB?$/, { kind: 'json' }],
  [/^(UUID|GUID|UNIQUEIDENTIFIER)$/, { kind: 'uuid' }],
  [/^(BLOB|TINYBLOB|MEDIUMBLOB|LONGBLOB|BYTEA|BINARY|VARBINARY|LONG VARBINARY|IMAGE|RAW)$/, { kind: 'bytes' }],
  [/^(STRING|NSTRING|XML)$/, { kind: 'text' }],
  [/^REAL$/, { kind: 'real' }],
];

/**
 * Reads a declared type by its name first and, where that says nothing, by the affinity that SQLite gives it.
 * `CHAR(20)` means varchar(20): SQLite never padded it. `TEXT(20)` means text: nobody ever counted its characters.
 */
export function intentOf(column: Pick<SourceColumn, 'declared' | 'affinity'>): Intent {
  const declared = column.declared.trim().toUpperCase().replace(/\s+/g, ' ');
  const numbers = [...(/\(([^)]*)\)/.exec(declared)?.[1] ?? '').matchAll(/\d+/g)].map(Number);
  const name = declared.replace(/ ?\([^)]*\) ?/, ' ').trim();
  if (name === '' || name === 'ANY') return { kind: 'any' };
  const known = KINDS.find(([pattern]) => pattern.test(name));
  if (known !== undefined) return known[1];
  if (/^(DECIMAL|NUMERIC|DEC|NUMBER|FIXED|MONEY|SMALLMONEY)\b/.test(name)) return numericIntent(numbers);
  switch (column.affinity) {
    case 'integer':
      return { kind: 'integer' };
    case 'real':
      return { kind: 'real' };
    case 'text': {
      const [length] = numbers;
      const limited = name.includes('CHAR') && length !== undefined && length >= 1 && length <= MAX_VARCHAR;
      return limited ? { kind: 'varchar', length } : { kind: 'text' };
    }
    default:
      return { kind: 'any' };
  }
}

function numericIntent([precision, scale = 0]: number[]): Intent {
  if (precision === undefined || precision < 1 || precision > MAX_PRECISION || scale > precision)
    return { kind: 'numeric' };
  return { kind: 'numeric', precision, scale };
}
