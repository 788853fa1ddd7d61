"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
function _export(target, all) {
    for(var name in all)Object.defineProperty(target, name, {
        enumerable: true,
        get: Object.getOwnPropertyDescriptor(all, name).get
    });
}
_export(exports, {
    get INTERIOR () {
        return INTERIOR;
    },
    get LEAF () {
        return LEAF;
    },
    get headerOffset () {
        return headerOffset;
    },
    get leafGroups () {
        return leafGroups;
    }
});
const _record = require("./record");
const INTERIOR = 5;
const LEAF = 13;
/** As SQLite: a tree of more levels does not fit any file. */ const MAX_DEPTH = 20;
function* leafGroups(file, root, { after, upTo }) {
    const buffer = Buffer.allocUnsafe(file.pageSize);
    const depth = depthOf(file, root, buffer);
    if (depth === 0) {
        yield {
            pages: [
                root
            ],
            partial: [
                after !== null || upTo !== null
            ],
            upTo: [
                null
            ]
        };
        return;
    }
    yield* below(root, 1, null, null);
    function* below(page, level, lower, upper) {
        const { children, keys } = readInterior(file, page, buffer);
        checkKeys(file, page, keys, lower, upper);
        const group = {
            pages: [],
            partial: [],
            upTo: []
        };
        for (const [index, child] of children.entries()){
            const low = keys[index - 1] ?? lower;
            const high = keys[index] ?? upper;
            if (after !== null && high !== null && high <= after) continue;
            if (upTo !== null && low !== null && low >= upTo) break;
            if (level < depth) {
                yield* below(child, level + 1, low, high);
                continue;
            }
            group.pages.push(child);
            group.partial.push(after !== null && (low === null || low < after) || upTo !== null && (high === null || high > upTo));
            group.upTo.push(high);
        }
        if (level === depth && group.pages.length > 0) yield group;
    }
}
/** Number of interior levels above the leaves: the same for every leaf, so it is enough to go down on the left. */ function depthOf(file, root, buffer) {
    let page = root;
    for(let depth = 0; depth < MAX_DEPTH; depth++){
        file.read(page, 1, buffer, 0);
        if (buffer[headerOffset(page)] === LEAF) return depth;
        page = readInterior(file, page, buffer).children[0];
    }
    throw file.corrupt(root, 'its tree has no leaves');
}
function readInterior(file, page, buffer) {
    file.read(page, 1, buffer, 0);
    const header = headerOffset(page);
    if (buffer[header] !== INTERIOR) throw file.corrupt(page, `its type is ${buffer[header]}`);
    const count = buffer.readUInt16BE(header + 3);
    const pointersEnd = header + 12 + 2 * count;
    if (count === 0 && page !== 1 || pointersEnd > file.usable) throw file.corrupt(page, `it claims ${count} cells`);
    const children = [];
    const keys = [];
    for(let pointer = header + 12; pointer < pointersEnd; pointer += 2){
        const cell = buffer.readUInt16BE(pointer);
        // The cell is a page number and a key of one to nine bytes.
        if (cell < pointersEnd || cell + 5 > file.usable || cell + 4 + (0, _record.varintLength)(buffer, cell + 4) > file.usable) {
            throw file.corrupt(page, 'a cell lies outside of it');
        }
        children.push(buffer.readUInt32BE(cell));
        keys.push((0, _record.varint64)(buffer, cell + 4));
    }
    children.push(buffer.readUInt32BE(header + 8));
    return {
        children,
        keys
    };
}
function checkKeys(file, page, keys, lower, upper) {
    let previous = lower;
    for (const key of keys){
        if (previous !== null && key <= previous) throw file.corrupt(page, 'its keys do not ascend');
        previous = key;
    }
    if (upper !== null && previous !== null && keys.length > 0 && previous >= upper) {
        throw file.corrupt(page, 'its keys are above those of its parent');
    }
}
function headerOffset(page) {
    return page === 1 ? 100 : 0;
}
