import { RowRefused } from './cells';
import type { MakeEntries } from './entry';
import type { Feed } from './feed';
import { compileKeys } from './keys';
import { compileNodes } from './nodes';
import { compileRelationships } from './relationships';
import { compileVectors } from './vectors';

/** Compiles what makes entries of a feed's rows. */
export function compileFeed(feed: Feed): MakeEntries {
  const make = compileKind(feed);
  return (row) => {
    try {
      return make(row);
    } catch (error) {
      if (error instanceof RowRefused)
        return { reason: error.reason, ...(error.column !== undefined && { column: error.column }) };
      throw error;
    }
  };
}

function compileKind(feed: Feed): MakeEntries {
  switch (feed.kind) {
    case 'node':
      return compileNodes(feed);
    case 'relationship':
      return compileRelationships(feed);
    case 'vector':
      return compileVectors(feed);
    case 'key':
      return compileKeys(feed);
  }
}
