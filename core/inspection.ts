import type { DraftSource } from './draft';
import type { ColumnComments, TableComments } from './draft-comments';
import type { Sample } from './evidence';
import { describeEvidence, plural } from './evidence-text';
import { odditiesOf } from './oddities';
import type { Oddity } from './oddities';
import type { NotCarried, PlanSource } from './plan';
import type { Refusals } from './refusals';
import type { SourceTable } from './source';

/** The profile of one source file for a person, and as `sqlift inspect --json` gives it. */
export interface FileInspection {
  /** Absolute path. */
  file: string;
  facts: FileFacts;
  /** What `PRAGMA integrity_check` complains of on sound pages; empty when nothing. */
  integrity: string[];
  tables: TableInspection[];
  notCarried: NotCarried[];
}

export interface FileFacts {
  bytes: number;
  encoding: string;
  pageSize: number;
  pages: number;
  /** Pages that hold nothing. */
  freePages: number;
  userVersion: number;
  applicationId: number;
  journalMode: 'wal' | 'rollback';
  /** Of a write-ahead log beside the file, whose rows are counted; 0 without one. */
  walBytes: number;
}

export interface TableInspection {
  table: string;
  kind: SourceTable['kind'];
  strict: boolean;
  rows: number;
  /** Of the table's b-tree; null for a virtual table, which has none of its own. */
  bytes: number | null;
  /** Of the b-trees of its indexes. */
  indexBytes: number;
  primaryKey: string[];
  /** schema.table in PostgreSQL by the draft plan; null when it is not moved. */
  target: string | null;
  columns: ColumnInspection[];
  oddities: Oddity[];
  /** What a run of the draft plan would put into quarantine. */
  quarantine: Refusals;
}

export interface ColumnInspection {
  column: string;
  /** '' when there is none. */
  declared: string;
  nulls: number;
  integers: number;
  reals: number;
  texts: number;
  blobs: number;
  /** What it holds, in one line. */
  holds: string;
  /** What it becomes by the draft plan; null when it is not moved. */
  type: string | null;
  format: string | null;
  /** Why it becomes that. */
  why: string;
  /** What a person should look at; null when nothing. */
  review: string | null;
}

/** What walking over a file's pages has found. */
export interface SurveyFacts {
  trees: Readonly<Record<string, number>>;
  freePages: number;
  problems: readonly string[];
  violatedChecks: readonly { table: string; check: string; count: number; samples: Sample[] }[];
}

export interface Inspected {
  source: DraftSource & { violators?: Readonly<Record<string, readonly Sample[][]>> };
  /** Of the source in the draft. */
  plan: PlanSource;
  comments: Readonly<Record<string, TableComments>>;
  survey: SurveyFacts;
  /** By table name. */
  refusals: ReadonlyMap<string, Refusals>;
  file: string;
  journalMode: FileFacts['journalMode'];
  walBytes: number;
}

/** Puts together what is known of a file. */
export function inspection(found: Inspected): FileInspection {
  const { catalog } = found.source;
  const { survey } = found;
  return {
    file: found.file,
    facts: {
      bytes: catalog.pageSize * catalog.pageCount,
      encoding: catalog.encoding,
      pageSize: catalog.pageSize,
      pages: catalog.pageCount,
      freePages: survey.freePages,
      userVersion: catalog.userVersion,
      applicationId: catalog.applicationId,
      journalMode: found.journalMode,
      walBytes: found.walBytes,
    },
    integrity: [...survey.problems],
    tables: catalog.tables.map((table) => inspectTable(found, table)),
    notCarried: found.plan.notCarried ?? [],
  };
}

function inspectTable(found: Inspected, table: SourceTable): TableInspection {
  const { source, plan, survey } = found;
  const evidence = source.evidence[table.name]!;
  const planned = Object.hasOwn(plan.tables, table.name) ? plan.tables[table.name] : undefined;
  const comments = Object.hasOwn(found.comments, table.name) ? found.comments[table.name] : undefined;
  const bytesOf = (name: string) => (Object.hasOwn(survey.trees, name) ? survey.trees[name]! : 0);
  return {
    table: table.name,
    kind: table.kind,
    strict: table.strict,
    rows: evidence.rows,
    bytes: table.kind === 'virtual' ? null : bytesOf(table.name),
    // The primary key of a table without rowids is the table itself.
    indexBytes: table.indexes.reduce((sum, { name }) => sum + bytesOf(name), 0),
    primaryKey: table.primaryKey,
    target: planned === undefined ? null : `${plan.schema}.${planned.to ?? table.name}`,
    columns: table.columns.map((column, i): ColumnInspection => {
      const becomes =
        planned !== undefined && Object.hasOwn(planned.columns, column.name) ? planned.columns[column.name] : undefined;
      const comment: Partial<ColumnComments> =
        comments !== undefined && Object.hasOwn(comments.columns, column.name) ? comments.columns[column.name]! : {};
      const { nulls, integers, reals, texts, blobs } = evidence.columns[i]!;
      return {
        column: column.name,
        declared: column.declared,
        nulls,
        integers: integers.count,
        reals: reals.count,
        texts: texts.count,
        blobs: blobs.count,
        // The declared type stands in a column of its own.
        holds: describeEvidence('', evidence.columns[i]!).replace(/^no type: /, ''),
        type: becomes?.type ?? null,
        format: becomes?.format ?? null,
        why: comment.conversion ?? '',
        review: comment.review ?? null,
      };
    }),
    oddities: [...odditiesOf(table, evidence), ...violatedKeys(found, table), ...violatedChecks(found, table)],
    quarantine: found.refusals.get(table.name) ?? { rows: 0, reasons: [] },
  };
}

function violatedKeys({ source }: Inspected, table: SourceTable): Oddity[] {
  const counts =
    source.violations !== undefined && Object.hasOwn(source.violations, table.name)
      ? source.violations[table.name]!
      : [];
  return table.foreignKeys.flatMap(({ columns, parent }, i): Oddity[] => {
    const count = counts[i] ?? 0;
    if (count === 0) return [];
    return [
      {
        kind: 'foreign key violated',
        ...(columns.length === 1 && { column: columns[0]! }),
        count,
        what: `${plural(count, 'row')} with no parent: (${columns.join(', ')}) → ${parent}`,
        samples: source.violators?.[table.name]?.[i] ?? [],
      },
    ];
  });
}

function violatedChecks({ survey }: Inspected, table: SourceTable): Oddity[] {
  return survey.violatedChecks
    .filter((violated) => violated.table === table.name)
    .map(({ check, count, samples }) => ({
      kind: 'CHECK violated',
      count,
      what: `${plural(count, 'row')} against ${check}`,
      samples,
    }));
}
