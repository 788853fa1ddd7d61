import { refused } from './records';
import type { FileRecord } from './records';
import { yamlRecords } from './yaml-records';

const FRONT_MATTER = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/;

/** One record: the front matter as its members, the rest as its body. Without front matter, all of the file is body. */
export function markdownRecord(text: string): FileRecord {
  const found = FRONT_MATTER.exec(text);
  if (found === null) return { line: 1, json: '{}', body: text };
  const body = text.slice(found[0].length);
  const [matter, ...more] = yamlRecords(found[1] ?? '', 2);
  if (matter === undefined) return { line: 1, json: '{}', body };
  const problem = [matter, ...more].find((record) => 'reason' in record);
  if (problem !== undefined && 'reason' in problem) return refused(problem.line, problem.reason, Buffer.from(text));
  if (more.length > 0 || 'reason' in matter) return refused(1, 'not YAML', Buffer.from(text));
  return { line: 1, json: matter.json === 'null' ? '{}' : matter.json, body };
}
