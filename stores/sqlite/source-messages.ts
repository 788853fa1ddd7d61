import type { ErrorCode, ErrorPlace } from '../../core/errors';
import type { LookCopy, Survey } from './look';
import type { Snapshot, SnapshotProgress } from './snapshot';

/** What is said between sqlift and its source process (`source-process.ts`), as JSON. */

export type SourceRequest =
  | { kind: 'check'; path: string; patience: number }
  | { kind: 'copy'; path: string; destination: string; patience: number }
  | { kind: 'survey'; path: string; copy: string }
  | { kind: 'snapshot'; path: string; destination: string; partial: string; patience: number };

export interface SourceAnswers {
  check: null;
  copy: LookCopy;
  survey: Survey;
  snapshot: Snapshot;
}

export type SourceReply =
  | { kind: 'progress'; progress: SnapshotProgress }
  | { kind: 'answer'; answer: SourceAnswers[keyof SourceAnswers] }
  | { kind: 'failure'; code: ErrorCode; message: string; place: ErrorPlace };
