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
    get oneLine () {
        return oneLine;
    },
    get sampleOf () {
        return sampleOf;
    }
});
const _row = require("./row");
/** Longest text of a sample, in characters. */ const LONGEST = 80;
/** Bytes of a cell that are looked at: more than a sample ever shows. */ const BYTES = 200;
function sampleOf(row, column, key) {
    const at = row.rowid === undefined ? key.map((part)=>show(row, part)).join(', ') || 'no key' : `rowid ${row.rowid}`;
    return {
        at: cut(at),
        value: show(row, column)
    };
}
/** A cell as SQL would write it, in one line of printable characters. */ function show(row, column) {
    switch((0, _row.storageClassOf)(row.serials[column])){
        case 'null':
            return 'NULL';
        case 'integer':
            return (0, _row.integerAt)(row, column).toString();
        case 'real':
            return String((0, _row.realAt)(row, column));
        case 'text':
            return oneLine(JSON.stringify((0, _row.bytesAt)(row, column).toString('utf8', 0, BYTES)));
        case 'blob':
            return cut(`x'${(0, _row.bytesAt)(row, column).toString('hex', 0, BYTES)}'`);
    }
}
function oneLine(text) {
    return cut(text.replace(/[^\x20-\x7e\p{L}\p{N}\p{P}\p{S}]/gu, escape));
}
function escape(character) {
    return `\\u{${character.codePointAt(0).toString(16)}}`;
}
/** Cuts between characters, never inside a surrogate pair. */ function cut(text) {
    if (text.length <= LONGEST) return text;
    const end = LONGEST - 1;
    return `${text.slice(0, /[\ud800-\udbff]/.test(text[end - 1]) ? end - 1 : end)}…`;
}
