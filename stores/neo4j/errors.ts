import { Neo4jError } from 'neo4j-driver';
import { SqliftError } from '../../core/errors';
import type { ErrorCode } from '../../core/errors';

/** Beginnings of Neo4j's codes, and what they mean for a run. The first that fits counts. */
const CODES: [string, ErrorCode, string][] = [
  ['ServiceUnavailable', 'TargetUnreachable', 'Neo4j does not answer'],
  ['SessionExpired', 'TargetUnreachable', 'Neo4j has closed the connection'],
  ['Neo.TransientError.', 'TargetUnreachable', 'Neo4j cannot do it now'],
  ['Neo.ClientError.Security.Forbidden', 'TargetRightsMissing', 'the user may not do this in Neo4j'],
  ['Neo.ClientError.Security.', 'TargetAccessDenied', 'Neo4j lets the user not in'],
  ['Neo.ClientError.Database.', 'TargetAccessDenied', 'Neo4j has no such database'],
  ['Neo.ClientError.Cluster.NotALeader', 'TargetReadOnly', 'the Neo4j server takes no writes'],
  ['Neo.ClientError.General.ForbiddenOnReadOnly', 'TargetReadOnly', 'the Neo4j database takes no writes'],
  ['Neo.ClientError.General.WriteOnReadOnly', 'TargetReadOnly', 'the Neo4j database takes no writes'],
  ['Neo.ClientError.Schema.ConstraintValidationFailed', 'TargetMismatch', 'a constraint in Neo4j is violated'],
  ['Neo.DatabaseError.General.', 'TargetUnreachable', 'Neo4j has trouble of its own'],
];

/** An error of the driver as one of ours. Neo4j's words are left out: they quote values. */
export function neo4jError(error: unknown): unknown {
  if (!(error instanceof Neo4jError)) return error;
  const code = String(error.code);
  const known = CODES.find(([beginning]) => code.startsWith(beginning));
  const [, kind, words] = known ?? ['', 'TargetRefused' as const, 'Neo4j refused a statement'];
  return new SqliftError(kind, `${words} (${code})`, { server: 'neo4j' }, { cause: error });
}
