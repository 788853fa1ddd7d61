import type { PageFile } from './pages';
import { varint64, varintLength } from './record';

/** Page types of a table b-tree. */
export const INTERIOR = 5;
export const LEAF = 13;

/** As SQLite: a tree of more levels does not fit any file. */
const MAX_DEPTH = 20;

/** Rows whose rowid is in (`after`, `upTo`]; null is open. */
export interface RowidBounds {
  after: bigint | null;
  upTo: bigint | null;
}

/** The leaves below one interior page, in key order; those that can hold no row of the wanted range are left out. */
export interface LeafGroup {
  pages: number[];
  /** Whether a leaf may also hold rows outside the range. */
  partial: boolean[];
  /** No rowid of the leaf is above this; null for the last leaf of the table. */
  upTo: (bigint | null)[];
}

interface Interior {
  /** One more than there are keys. */
  children: number[];
  keys: bigint[];
}

/**
 * Walks the interior pages of a table, which hold about one in four hundred of its pages, and yields its leaves. The leaves
 * are not read. Keys must ascend through the whole walk, so no page can come up twice and the walk ends whatever the file holds.
 *
 * @throws SqliftError SourceCorrupt, naming the page
 */
export function* leafGroups(file: PageFile, root: number, { after, upTo }: RowidBounds): Generator<LeafGroup, void> {
  const buffer = Buffer.allocUnsafe(file.pageSize);
  const depth = depthOf(file, root, buffer);
  if (depth === 0) {
    yield { pages: [root], partial: [after !== null || upTo !== null], upTo: [null] };
    return;
  }
  yield* below(root, 1, null, null);

  function* below(page: number, level: number, lower: bigint | null, upper: bigint | null): Generator<LeafGroup, void> {
    const { children, keys } = readInterior(file, page, buffer);
    checkKeys(file, page, keys, lower, upper);
    const group: LeafGroup = { pages: [], partial: [], upTo: [] };
    for (const [index, child] of children.entries()) {
      const low = keys[index - 1] ?? lower;
      const high = keys[index] ?? upper;
      if (after !== null && high !== null && high <= after) continue;
      if (upTo !== null && low !== null && low >= upTo) break;
      if (level < depth) {
        yield* below(child, level + 1, low, high);
        continue;
      }
      group.pages.push(child);
      group.partial.push(
        (after !== null && (low === null || low < after)) || (upTo !== null && (high === null || high > upTo)),
      );
      group.upTo.push(high);
    }
    if (level === depth && group.pages.length > 0) yield group;
  }
}

/** Number of interior levels above the leaves: the same for every leaf, so it is enough to go down on the left. */
function depthOf(file: PageFile, root: number, buffer: Buffer): number {
  let page = root;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    file.read(page, 1, buffer, 0);
    if (buffer[headerOffset(page)] === LEAF) return depth;
    page = readInterior(file, page, buffer).children[0]!;
  }
  throw file.corrupt(root, 'its tree has no leaves');
}

function readInterior(file: PageFile, page: number, buffer: Buffer): Interior {
  file.read(page, 1, buffer, 0);
  const header = headerOffset(page);
  if (buffer[header] !== INTERIOR) throw file.corrupt(page, `its type is ${buffer[header]}`);
  const count = buffer.readUInt16BE(header + 3);
  const pointersEnd = header + 12 + 2 * count;
  if ((count === 0 && page !== 1) || pointersEnd > file.usable) throw file.corrupt(page, `it claims ${count} cells`);
  const children: number[] = [];
  const keys: bigint[] = [];
  for (let pointer = header + 12; pointer < pointersEnd; pointer += 2) {
    const cell = buffer.readUInt16BE(pointer);
    // The cell is a page number and a key of one to nine bytes.
    if (cell < pointersEnd || cell + 5 > file.usable || cell + 4 + varintLength(buffer, cell + 4) > file.usable) {
      throw file.corrupt(page, 'a cell lies outside of it');
    }
    children.push(buffer.readUInt32BE(cell));
    keys.push(varint64(buffer, cell + 4));
  }
  children.push(buffer.readUInt32BE(header + 8));
  return { children, keys };
}

function checkKeys(file: PageFile, page: number, keys: bigint[], lower: bigint | null, upper: bigint | null): void {
  let previous = lower;
  for (const key of keys) {
    if (previous !== null && key <= previous) throw file.corrupt(page, 'its keys do not ascend');
    previous = key;
  }
  if (upper !== null && previous !== null && keys.length > 0 && previous >= upper) {
    throw file.corrupt(page, 'its keys are above those of its parent');
  }
}

/** Page 1 begins with the header of the file. */
export function headerOffset(page: number): number {
  return page === 1 ? 100 : 0;
}
