import { intentOf } from './declared';
import type { Intent } from './declared';
import { plural } from './evidence-text';
import { brokenTexts, valuesOf } from './evidence';
import type { ColumnEvidence } from './evidence';
import { refusedBy } from './fits';
import { parseType } from './mapping';
import type { SourceFormat } from './plan';
import { meaningOf } from './suggest';
import type { Meaning } from './suggest';
import type { SourceColumn } from './source';

/** The type that a column gets in a drafted plan, and why. */
export interface Inference {
  /** As in a plan. */
  type: string;
  format?: SourceFormat;
  /** One short phrase for reports: `as declared`, `widened: 3 texts among 1,000 integers`. */
  conversion: string;
  /** Whether a person should look at it. */
  review: boolean;
  /** Rows that the type sends to the quarantine. */
  quarantines: number;
  /** What one could write instead. */
  suggestion?: string;
  /** The suggestion, where it is a type that every value fits. */
  meaning?: Meaning;
}

type Choice = Pick<Inference, 'type' | 'format'>;

const TAGGED: Choice = { type: 'jsonb', format: 'tagged' };

/**
 * Takes what the declared type means where every value fits it, and else the narrowest type that holds every value. Meanings that are
 * not declared (dates in TEXT, seconds in INTEGER) are suggested, never assumed.
 */
export function inferColumn(column: SourceColumn, evidence: ColumnEvidence): Inference {
  const intent = intentOf(column);
  const refused = (choice: Choice) => refusedBy(parseType(choice.type), choice.format, evidence, column.affinity);
  const values = valuesOf(evidence);
  const wanted = choicesOf(intent);
  if (values === 0) return withoutValues(wanted[0]);

  const fitting = wanted.find((choice) => refused(choice) === 0);
  if (fitting !== undefined) {
    const meaning = meaningOf(column, intent, fitting.type, evidence);
    return {
      ...fitting,
      conversion: fitting === wanted[0] ? 'as declared' : exception(intent, fitting, evidence),
      review: false,
      quarantines: 0,
      ...beyond(meaning, values),
    };
  }

  const choice = byValues(column, intent, evidence);
  const quarantines = refused(choice);
  const declared = wanted[0];
  const meaning = quarantines > 0 ? undefined : meaningOf(column, intent, choice.type, evidence);
  const suggestion =
    declared === undefined || declared.type === choice.type
      ? instead(choice, quarantines)
      : keepDeclared(declared, refused(declared), values);
  return {
    ...choice,
    conversion: phrase(intent, choice, quarantines, evidence),
    review: quarantines > 0 || choice.format === 'tagged' || intent.kind !== 'any',
    quarantines,
    ...(suggestion !== undefined && { suggestion }),
    ...beyond(meaning, values),
  };
}

function withoutValues(declared: Choice | undefined): Inference {
  if (declared !== undefined)
    return { ...declared, conversion: 'as declared, no values', review: false, quarantines: 0 };
  return {
    type: 'text',
    conversion: 'no declared type, no values',
    review: true,
    quarantines: 0,
    suggestion: 'choose the type that the application will write',
  };
}

/** The types that keep the declared meaning, the preferred one first. */
function choicesOf(intent: Intent): Choice[] {
  switch (intent.kind) {
    case 'integer':
      return [{ type: 'bigint' }];
    case 'real':
      return [{ type: 'double precision' }];
    case 'numeric':
      return intent.precision === undefined
        ? [{ type: 'numeric' }]
        : [{ type: `numeric(${intent.precision},${intent.scale})` }, { type: 'numeric' }];
    case 'boolean':
      return [{ type: 'boolean' }];
    case 'date':
      return [{ type: 'date' }, { type: 'timestamp' }, { type: 'timestamptz' }];
    case 'timestamp': {
      const both = [{ type: 'timestamp' }, { type: 'timestamptz' }];
      return intent.zoned ? both.reverse() : both;
    }
    case 'json':
      return [{ type: 'jsonb' }, { type: 'json' }];
    case 'uuid':
      return [{ type: 'uuid' }];
    case 'bytes':
      return [{ type: 'bytea' }];
    case 'text':
      return [{ type: 'text' }];
    case 'varchar':
      return [{ type: `varchar(${intent.length})` }, { type: 'text' }];
    case 'any':
      return [];
  }
}

/** The narrowest type that holds what is there, whatever was declared. */
function byValues(column: SourceColumn, intent: Intent, evidence: ColumnEvidence): Choice {
  const { integers, reals, texts, blobs } = evidence;
  const values = valuesOf(evidence);
  const broken = brokenTexts(evidence);
  if (blobs.count === values) return { type: 'bytea' };
  if (column.affinity === 'text' || intent.kind === 'text' || texts.count === values) {
    return textOrMixed(column, intent, evidence);
  }
  if (texts.count === 0 && blobs.count === 0) return numbers(intent, evidence);
  // Numbers and texts together: in these affinities no text looks like a number, so that each can be told back.
  const toldApart = column.affinity !== 'blob' && integers.count + reals.count + texts.count === values;
  return toldApart && broken * 2 <= values ? { type: 'text' } : TAGGED;
}

function textOrMixed(column: SourceColumn, intent: Intent, evidence: ColumnEvidence): Choice {
  const values = valuesOf(evidence);
  const bad = refusedBy(parseType('text'), undefined, evidence, column.affinity);
  const blobs = evidence.blobs.count;
  if (bad === values) return blobs * 2 > values ? { type: 'bytea' } : TAGGED;
  if (bad * 2 > values) return TAGGED;
  const short = intent.kind === 'varchar' && (evidence.texts.maxLength ?? 0) <= intent.length;
  return { type: short ? `varchar(${intent.length})` : 'text' };
}

function numbers(intent: Intent, { integers, reals }: ColumnEvidence): Choice {
  if (reals.count === 0) return { type: 'bigint' };
  if (integers.count === 0) return { type: 'double precision' };
  // A double would make 1 and 1.0 the same, and so would numeric; but numeric keeps every digit.
  const asDouble = integers.inexact === 0 && reals.integral === 0 && intent.kind !== 'numeric';
  if (asDouble) return { type: 'double precision' };
  if (reals.nonFinite === 0) return { type: 'numeric' };
  return integers.inexact === 0 ? { type: 'double precision' } : TAGGED;
}

/** Why not the first of the types with the declared meaning. */
function exception(intent: Intent, { type }: Choice, { texts, reals }: ColumnEvidence): string {
  switch (intent.kind) {
    case 'varchar':
      return `widened: texts of up to ${texts.maxLength} characters`;
    case 'numeric':
      return reals.decimals > (intent.scale ?? 0) || texts.decimals.fraction > (intent.scale ?? 0)
        ? `widened: up to ${Math.max(reals.decimals, texts.decimals.fraction)}${reals.decimals >= 16 ? ' or more' : ''} decimals`
        : 'widened: more digits than declared';
    case 'date':
      return 'widened: with time of day';
    case 'timestamp':
      return type === 'timestamptz' ? 'all values have a time zone' : 'no value has a time zone';
    default:
      return 'json: some values are not allowed in jsonb';
  }
}

function phrase(intent: Intent, choice: Choice, quarantines: number, evidence: ColumnEvidence): string {
  const there = classes(evidence);
  const shown = there.map(([number, name]) => plural(number, name));
  if (choice.format === 'tagged') return `mixed: ${shown.join(', ')}`;
  const declared = intent.kind !== 'any';
  if (quarantines > 0)
    return `${declared ? 'as' : 'all'} ${choice.type}, but ${plural(quarantines, 'value')} cannot be held`;
  if (there.length === 1)
    return `${declared ? 'not as declared' : 'no declared type'}: all values are ${there[0]![1]}s`;
  return `widened: ${shown.at(-1)} among ${shown.slice(0, -1).join(', ')}`;
}

/** Counts by storage class, the largest first. */
function classes({ integers, reals, texts, blobs }: ColumnEvidence): [number, string][] {
  const all: [number, string][] = [
    [integers.count, 'integer'],
    [reals.count, 'real'],
    [texts.count, 'text'],
    [blobs.count, 'blob'],
  ];
  return all.filter(([number]) => number > 0).sort((a, b) => b[0] - a[0]);
}

function keepDeclared(declared: Choice, refused: number, values: number): string | undefined {
  // A type that holds almost nothing of what is there is no alternative.
  return refused * 2 < values ? `${declared.type} would send ${plural(refused, 'row')} to the quarantine` : undefined;
}

function instead(choice: Choice, quarantines: number): string | undefined {
  return quarantines > 0 && choice.format !== 'tagged' ? 'jsonb with format: tagged would hold every value' : undefined;
}

/** A meaning that all values share, as a suggestion and to be taken by `narrowed`. */
function beyond(meaning: Meaning | undefined, values: number): Pick<Inference, 'suggestion' | 'meaning'> {
  if (meaning === undefined) return {};
  const how = meaning.format === undefined ? meaning.type : `${meaning.type} with format: ${meaning.format}`;
  return { meaning, suggestion: `${how} would fit all ${plural(values, 'value')}` };
}

/** The inference with its suggestion taken, where all values share a meaning that is not declared; else undefined. */
export function narrowed({ type, meaning }: Inference, evidence: ColumnEvidence): Inference | undefined {
  if (meaning === undefined) return undefined;
  const how = meaning.format === undefined ? '' : ` read as ${meaning.format}`;
  const conversion = `narrowed from ${type}${how}: fits all ${plural(valuesOf(evidence), 'value')}`;
  return { ...meaning, conversion, review: false, quarantines: 0 };
}
