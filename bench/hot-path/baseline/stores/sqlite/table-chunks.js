"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "tableChunks", {
    enumerable: true,
    get: function() {
        return tableChunks;
    }
});
const _pages = require("./pages");
const _record = require("./record");
const _tabletree = require("./table-tree");
const ALL = {
    after: null,
    upTo: null
};
function tableChunks(file, root, targetBytes) {
    let leaves = 0;
    for (const group of (0, _tabletree.leafGroups)(file, root, ALL))leaves += group.pages.length;
    const weighs = (file.pageCount - leaves) * file.pageSize > targetBytes ? new _pages.PageWindow(file) : undefined;
    const chunks = [];
    let after = null;
    let bytes = 0;
    const cut = (upTo)=>{
        chunks.push({
            number: chunks.length,
            range: {
                kind: 'rowid',
                after,
                upTo
            },
            bytes
        });
        after = upTo;
        bytes = 0;
    };
    for (const group of (0, _tabletree.leafGroups)(file, root, ALL)){
        for (const [index, upTo] of group.upTo.entries()){
            bytes += file.pageSize;
            if (weighs !== undefined) bytes += overflowBytes(file, weighs, group.pages, index);
            if (bytes >= targetBytes && upTo !== null) cut(String(upTo));
        }
    }
    cut(null);
    return chunks;
}
/** Bytes on overflow pages of the rows of one leaf. */ function overflowBytes(file, window, pages, index) {
    const page = pages[index];
    const offset = window.locate(pages, index);
    const { bytes } = window;
    const header = offset + (0, _tabletree.headerOffset)(page);
    const end = offset + file.usable;
    const count = bytes.readUInt16BE(header + 3);
    const pointersEnd = header + 8 + 2 * count;
    if (bytes[header] !== _tabletree.LEAF || pointersEnd > end) throw file.corrupt(page, 'it is not a leaf of a table');
    let total = 0;
    for(let pointer = header + 8; pointer < pointersEnd; pointer += 2){
        const cell = offset + (bytes[pointer] << 8 | bytes[pointer + 1]);
        if (cell < pointersEnd || cell + 4 > end) throw file.corrupt(page, 'a cell lies outside of it');
        // Below 128 the length is one byte, and such a payload has no overflow.
        if (bytes[cell] < 128) continue;
        const payload = (0, _record.varint)(bytes, cell);
        if (payload <= file.maxLocal) continue;
        if (!file.canHold(payload)) throw file.corrupt(page, 'a row is longer than the file');
        total += Math.ceil((payload - file.localBytes(payload)) / (file.usable - 4)) * file.pageSize;
    }
    return total;
}
