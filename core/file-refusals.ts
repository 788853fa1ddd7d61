/** Why a document or line of a file store cannot be a row, as the quarantine shows it. See docs/how-to/files.md. */
export type FileRefusal =
  | 'empty file'
  | 'invalid UTF-8'
  | 'invalid UTF-16'
  | 'UTF-32 is not read'
  | 'not JSON'
  | 'NaN or Infinity, which JSON has not'
  | 'several JSON documents in one'
  | 'duplicate keys'
  | 'half a surrogate pair'
  | 'too long'
  | 'too deeply nested'
  | 'not YAML'
  | 'tab as indentation'
  | 'tag that is not of YAML’s core'
  | 'alias of what it is part of'
  | 'too many aliases'
  | 'key that is no scalar'
  | 'number that JSON has not'
  | 'cannot be read'
  | typeof UNFINISHED_LINE;

/** The last line of a log that is being written to: no error, and no part of what a plan tolerates. The next re-sync takes it. */
export const UNFINISHED_LINE = 'unfinished line';
