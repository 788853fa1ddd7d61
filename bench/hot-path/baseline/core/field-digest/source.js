"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "sourceHasher", {
    enumerable: true,
    get: function() {
        return sourceHasher;
    }
});
const _nodebuffer = require("node:buffer");
const _meaning = require("../meaning/meaning");
const _source = require("../meaning/source");
const _row = require("../row");
const _unrolled = require("../unrolled");
const _field = require("./field");
const _times = require("./times");
function sourceHasher(columns) {
    return (0, _unrolled.unrolled)([
        'row',
        'hash'
    ], [
        'hash.begin();',
        ...columns.map(({ index }, i)=>`field${i}(row, ${index}, hash);`),
        'hash.end();'
    ], (0, _unrolled.named)('field', columns.map(fieldHasher)));
}
function fieldHasher(column) {
    switch((0, _field.fieldKind)(column)){
        case 'bigint':
            return bigintField;
        case 'integer':
            return integerField;
        case 'smallint':
            return smallintField;
        case 'double':
            return doubleField;
        case 'boolean':
            return booleanField((0, _source.sourceMeaning)(column));
        case 'text':
            return textField((0, _source.sourceMeaning)(column));
        case 'bytes':
            return bytesField;
        case 'date':
            return dateField;
        case 'timestamp':
            return timestampField((0, _source.sourceMeaning)(column), column.type.name === 'timestamptz');
        case 'meaning':
            return meaningField((0, _source.sourceMeaning)(column));
    }
}
const bigintField = (row, column, hash)=>{
    const serial = row.serials[column];
    const at = row.starts[column];
    if (serial === 0) hash.null();
    else if (serial === 6) hash.eight(row.view.getInt32(at), row.view.getInt32(at + 4));
    else if (serial === 5) hash.eight(row.view.getInt16(at), row.view.getInt32(at + 2));
    else if (serial > 9 || serial === 7) hash.unholdable();
    else {
        const value = shortInteger(row, column);
        hash.eight(value < 0 ? -1 : 0, value);
    }
};
const integerField = (row, column, hash)=>{
    const serial = row.serials[column];
    if (serial === 0) hash.null();
    else if (serial > 9 || serial > 4 && serial < 8) wideInteger(row, column, hash, 32, 4);
    else hash.four(shortInteger(row, column));
};
const smallintField = (row, column, hash)=>{
    const serial = row.serials[column];
    if (serial === 0) hash.null();
    else wideInteger(row, column, hash, 16, 2);
};
/** An integer of any size, if the field of so many bits holds it. */ function wideInteger(row, column, hash, bits, bytes) {
    const serial = row.serials[column];
    const value = serial > 9 || serial === 7 ? undefined : (0, _row.integerAt)(row, column);
    if (value === undefined || BigInt.asIntN(bits, value) !== value) return hash.unholdable();
    hash.word(bytes);
    hash.word(Number(value) << 32 - bits);
}
/** An integer of at most four bytes. */ function shortInteger({ serials, starts, view }, column) {
    const at = starts[column];
    switch(serials[column]){
        case 1:
            return view.getInt8(at);
        case 2:
            return view.getInt16(at);
        case 3:
            return view.getInt8(at) * 65_536 + view.getUint16(at + 1);
        case 4:
            return view.getInt32(at);
        case 8:
            return 0;
        default:
            return 1;
    }
}
const scratch = new DataView(new ArrayBuffer(8));
const doubleField = (row, column, hash)=>{
    const serial = row.serials[column];
    const at = row.starts[column];
    if (serial === 7) return hash.eight(row.view.getInt32(at), row.view.getInt32(at + 4));
    if (serial === 0) return hash.null();
    if (serial > 9) return hash.unholdable();
    const value = (0, _row.integerAt)(row, column);
    scratch.setFloat64(0, Number(value));
    if (BigInt(Number(value)) !== value) hash.unholdable();
    else hash.eight(scratch.getInt32(0), scratch.getInt32(4));
};
function booleanField(meaning) {
    return (row, column, hash)=>{
        const serial = row.serials[column];
        if (serial === 0) return hash.null();
        const means = serial === 9 ? 't' : serial === 8 ? 'f' : meaning(valueAt(row, column));
        if (means !== 't' && means !== 'f') return hash.unholdable();
        hash.word(1);
        hash.word(means === 't' ? 1 << 24 : 0);
    };
}
function textField(meaning) {
    return (row, column, hash)=>{
        const serial = row.serials[column];
        if (serial >= 13 && serial % 2 === 1) {
            const start = row.starts[column];
            // Bytes that are no text of PostgreSQL's equal none of its fields.
            return hash.bytes(row.view, start, start + (0, _row.serialLength)(serial));
        }
        if (serial === 0) return hash.null();
        const text = meaning(valueAt(row, column));
        if (text.startsWith('\0')) return hash.unholdable();
        const bytes = Buffer.from(text);
        hash.bytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    };
}
const bytesField = (row, column, hash)=>{
    const serial = row.serials[column];
    const start = row.starts[column];
    if (serial === 0) hash.null();
    else if (serial < 12 || serial % 2 === 1) hash.unholdable();
    else hash.bytes(row.view, start, start + (0, _row.serialLength)(serial));
};
const dateField = (row, column, hash)=>{
    const serial = row.serials[column];
    if (serial === 0) return hash.null();
    const days = serial === 33 ? (0, _times.daysAt)(row.view, row.starts[column]) : Number.NaN;
    if (Number.isNaN(days)) hash.unholdable();
    else hash.four(days);
};
/** `YYYY-MM-DD HH:MM:SS[.f][Z]` by the bytes, every other form by its meaning. */ function timestampField(meaning, zoned) {
    const length = zoned ? 20 : 19;
    return (row, column, hash)=>{
        const serial = row.serials[column];
        if (serial === 0) return hash.null();
        const start = row.starts[column];
        const { view } = row;
        if (serial >= 13 && serial % 2 === 1) {
            const size = (0, _row.serialLength)(serial);
            const end = start + size - (zoned ? 1 : 0);
            const separator = size >= length ? view.getUint8(start + 10) : 0;
            if ((separator === 32 || separator === 84) && (!zoned || view.getUint8(end) === 90)) {
                const seconds = (0, _times.daysAt)(view, start) * 86_400 + (0, _times.secondsAt)(view, start + 11);
                const point = end - start === 19 || view.getUint8(start + 19) === 46;
                const micros = end - start === 19 ? 0 : (0, _times.fractionAt)(view, start + 20, end);
                if (point && !Number.isNaN(seconds + micros)) return instant(seconds, micros, hash);
            }
        }
        const means = meaning(valueAt(row, column));
        const parsed = means.startsWith('\0') ? undefined : printedInstant(means);
        if (parsed === undefined) hash.unholdable();
        else hash.eight(Number(parsed >> 32n), Number(BigInt.asIntN(32, parsed)));
    };
}
/** Above this the product with a million is not exact. */ const EXACT_SECONDS = 9_000_000_000;
/** @param seconds since 2000-01-01 */ function instant(seconds, micros, hash) {
    if (seconds > EXACT_SECONDS || seconds < -EXACT_SECONDS) {
        const exact = BigInt(seconds) * 1_000_000n + BigInt(micros);
        return hash.eight(Number(exact >> 32n), Number(BigInt.asIntN(32, exact)));
    }
    const total = seconds * 1_000_000 + micros;
    hash.eight(Math.floor(total / 2 ** 32), total | 0);
}
/** Microseconds since 2000-01-01 of what PostgreSQL prints in UTC. */ function printedInstant(text) {
    const parts = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:\+00)?( BC)?$/.exec(text);
    if (parts === null) return undefined;
    const [year, month, day, hours, minutes, seconds] = parts.slice(1, 7).map(Number);
    // 400 years later: see `daysAt`.
    const ms = Date.UTC((parts[8] === undefined ? year : 1 - year) + 400, month - 1, day, hours, minutes, seconds);
    const since = (ms - Date.UTC(2400, 0, 1)) / 1000;
    return BigInt(since) * 1_000_000n + BigInt((parts[7] ?? '').padEnd(6, '0'));
}
function meaningField(meaning) {
    return (row, column, hash)=>{
        const means = row.serials[column] === _row.NOT_COMPUTABLE ? '\0' : meaning(valueAt(row, column));
        if (means === null) hash.null();
        else hash.text(means);
    };
}
/** The cell as verification has it elsewhere. */ function valueAt(row, column) {
    const serial = row.serials[column];
    if (serial === 0) return null;
    if (serial === 7) return (0, _row.realAt)(row, column);
    if (serial < 12) return (0, _row.integerAt)(row, column);
    const bytes = (0, _row.bytesAt)(row, column);
    if (serial % 2 === 0) return bytes;
    return (0, _nodebuffer.isUtf8)(bytes) ? (0, _row.textAt)(row, column) : new _meaning.InvalidText(bytes);
}
