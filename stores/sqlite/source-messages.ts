import type { ErrorCode, ErrorPlace } from '../../core/errors';
import type { FilesOptions } from '../../core/field-storage';
import type { LookCopy, Survey } from './look';
import type { SourceCatalog, SourceTable } from '../../core/source';
import type { Snapshot, SnapshotCheck, SnapshotCopy, SnapshotProgress } from './snapshot';

/** What is said between sqlift and its source process (`source-process.ts`), as JSON. */

export type SourceRequest =
  | { kind: 'check'; path: string; patience: number; files?: boolean }
  | { kind: 'copy'; path: string; destination: string; patience: number; files?: FilesOptions }
  | { kind: 'survey'; path: string; copy: string }
  | { kind: 'catalog'; path: string; partial: string; patience: number; files?: FilesOptions }
  | {
      kind: 'shapes';
      path: string;
      partial: string;
      patience: number;
      files?: FilesOptions;
      tables: readonly SourceTable[];
    }
  | {
      kind: 'snapshot';
      path: string;
      destination: string;
      partial: string;
      patience: number;
      files?: FilesOptions;
      unchecked?: boolean;
    }
  | { kind: 'judge'; path: string; copy: string };

export interface SourceAnswers {
  check: null;
  catalog: SourceCatalog;
  shapes: null;
  copy: LookCopy;
  survey: Survey;
  snapshot: Snapshot | SnapshotCopy;
  judge: SnapshotCheck;
}

export type SourceReply =
  | { kind: 'progress'; progress: SnapshotProgress }
  | { kind: 'answer'; answer: SourceAnswers[keyof SourceAnswers] }
  | { kind: 'failure'; code: ErrorCode; message: string; place: ErrorPlace };
