import { shorten } from './draft-table';
import type { SourceObject } from './source';
import { readCreateTrigger, triggerText } from './sql/create-trigger';

/** Why an object of a source that is no table stays behind. */
export function whyNotCarried(object: SourceObject): string {
  switch (object.kind) {
    case 'view':
      return 'not translated';
    case 'trigger':
      return whyNoTrigger(object);
    case 'shadow table':
      return object.table === undefined
        ? 'inner storage of a virtual table'
        : `inner storage of the virtual table ${object.table}`;
    case 'internal table':
      return object.name === 'sqlite_sequence'
        ? 'SQLite’s own counters; identity columns go on from them'
        : 'SQLite’s own records';
    case 'virtual table':
    case 'file':
    case 'encoding':
      return object.unreadable ?? 'it cannot be read';
  }
}

function whyNoTrigger({ sql, table }: SourceObject): string {
  const trigger = readCreateTrigger(sql);
  const fires = trigger === undefined ? `on ${table ?? 'an unknown table'}` : triggerText(trigger);
  return `${shorten(fires)}: triggers are not translated; sqlift schema sql writes a frame for it`;
}
