import type { Chunk } from '../../core/chunk';
import { PageWindow } from './pages';
import type { PageFile } from './pages';
import { varint } from './record';
import { LEAF, headerOffset, leafGroups } from './table-tree';

const ALL = { after: null, upTo: null };

/**
 * Cuts a rowid table, of any encoding, into chunks of whole leaves. Leaves are counted by walking the interior pages only. What
 * lies on overflow pages is added up from the leaves' cells, except when the rest of the file is no larger than a chunk.
 *
 * @throws SqliftError SourceCorrupt
 */
export function tableChunks(file: PageFile, root: number, targetBytes: number): Chunk[] {
  let leaves = 0;
  for (const group of leafGroups(file, root, ALL)) leaves += group.pages.length;
  const weighs = (file.pageCount - leaves) * file.pageSize > targetBytes ? new PageWindow(file) : undefined;

  const chunks: Chunk[] = [];
  let after: string | null = null;
  let bytes = 0;
  const cut = (upTo: string | null) => {
    chunks.push({ number: chunks.length, range: { kind: 'rowid', after, upTo }, bytes });
    after = upTo;
    bytes = 0;
  };
  for (const group of leafGroups(file, root, ALL)) {
    for (const [index, upTo] of group.upTo.entries()) {
      bytes += file.pageSize;
      if (weighs !== undefined) bytes += overflowBytes(file, weighs, group.pages, index);
      if (bytes >= targetBytes && upTo !== null) cut(String(upTo));
    }
  }
  cut(null);
  return chunks;
}

/** Bytes on overflow pages of the rows of one leaf. */
function overflowBytes(file: PageFile, window: PageWindow, pages: readonly number[], index: number): number {
  const page = pages[index]!;
  const offset = window.locate(pages, index);
  const { bytes } = window;
  const header = offset + headerOffset(page);
  const end = offset + file.usable;
  const count = bytes.readUInt16BE(header + 3);
  const pointersEnd = header + 8 + 2 * count;
  if (bytes[header] !== LEAF || pointersEnd > end) throw file.corrupt(page, 'it is not a leaf of a table');
  let total = 0;
  for (let pointer = header + 8; pointer < pointersEnd; pointer += 2) {
    const cell = offset + ((bytes[pointer]! << 8) | bytes[pointer + 1]!);
    if (cell < pointersEnd || cell + 4 > end) throw file.corrupt(page, 'a cell lies outside of it');
    // Below 128 the length is one byte, and such a payload has no overflow.
    if (bytes[cell]! < 128) continue;
    const payload = varint(bytes, cell);
    if (payload <= file.maxLocal) continue;
    if (!file.canHold(payload)) throw file.corrupt(page, 'a row is longer than the file');
    total += Math.ceil((payload - file.localBytes(payload)) / (file.usable - 4)) * file.pageSize;
  }
  return total;
}
