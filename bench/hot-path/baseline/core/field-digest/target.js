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
    get isAskedAsText () {
        return isAskedAsText;
    },
    get targetHasher () {
        return targetHasher;
    }
});
const _target = require("../meaning/target");
const _field = require("./field");
const _unrolled = require("../unrolled");
function isAskedAsText(column) {
    return (0, _field.fieldKind)(column) === 'meaning';
}
function targetHasher(columns) {
    return (0, _unrolled.unrolled)([
        'bytes',
        'view',
        'start',
        'hash'
    ], [
        'let at = start; hash.begin();',
        ...columns.map((_, i)=>`at = field${i}(bytes, view, at, hash);`),
        'hash.end(); return at;'
    ], (0, _unrolled.named)('field', columns.map(fieldHasher)));
}
function fieldHasher(column) {
    if (isAskedAsText(column)) return meaningField(meaningOfCast(column));
    return OF_EIGHT_BYTES.includes(column.type.name) ? eightField : bytesField;
}
const OF_EIGHT_BYTES = [
    'bigint',
    'double precision',
    'timestamp',
    'timestamptz'
];
const bytesField = (_bytes, view, at, hash)=>{
    const size = view.getInt32(at);
    const start = at + 4;
    if (size < 0) {
        hash.null();
        return start;
    }
    hash.bytes(view, start, start + size);
    return start + size;
};
/** The same of fields that are always of eight bytes. */ const eightField = (_bytes, view, at, hash)=>{
    if (view.getInt32(at) < 0) {
        hash.null();
        return at + 4;
    }
    hash.eight(view.getInt32(at + 4), view.getInt32(at + 8));
    return at + 12;
};
function meaningField(meaning) {
    return (bytes, view, at, hash)=>{
        const size = view.getInt32(at);
        const start = at + 4;
        if (size < 0) {
            hash.null();
            return start;
        }
        hash.text(meaning(bytes.toString('utf8', start, start + size)));
        return start + size;
    };
}
/** What a cast to text gives is what COPY prints, but for booleans: `true` in place of `t`. */ function meaningOfCast(column) {
    const meaning = (0, _target.targetMeaning)(column);
    return column.type.name === 'boolean' ? (text)=>meaning(text.charAt(0)) : (text)=>meaning(text);
}
