import type { TargetType } from '../mapping';
import type { SourceFormat } from '../plan';
import type { Affinity } from '../source';
import type { Operand } from './operand';

/**
 * The expression as a value of a column: SQLite gives it the column's affinity first, PostgreSQL wants the column's type.
 * Undefined where the two would not mean the same for every value of the expression.
 */
export function coerced(
  { sql, kind }: Operand,
  { name }: TargetType,
  format: SourceFormat | undefined,
  affinity: Affinity,
): string | undefined {
  if (kind === 'null') return 'NULL';
  if (format !== undefined && format !== 'iso') return undefined;
  const isText = affinity === 'text';
  const isInteger = name === 'bigint' || name === 'integer' || name === 'smallint';
  switch (kind) {
    case 'boolean':
      if (name === 'boolean' && !isText) return sql;
      if (isInteger && !isText && affinity !== 'real') return `(${sql})::integer`;
      return name === 'double precision' && affinity === 'real' ? `(${sql})::integer::double precision` : undefined;
    case 'integer':
      if (isText) return name === 'text' ? `(${sql})::text` : undefined;
      if (isInteger && affinity !== 'real') return sql;
      return name === 'double precision' && affinity === 'real' ? `(${sql})::double precision` : undefined;
    case 'real':
      return name === 'double precision' && !isText ? sql : undefined;
    case 'text':
      return name === 'text' && (isText || affinity === 'blob') ? sql : undefined;
    case 'blob':
      return name === 'bytea' ? sql : undefined;
    default:
      return undefined;
  }
}
