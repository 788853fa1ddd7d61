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
    get decodeRecord () {
        return decodeRecord;
    },
    get varint () {
        return varint;
    },
    get varint64 () {
        return varint64;
    },
    get varintLength () {
        return varintLength;
    }
});
/** Reading of SQLite's record format (sqlite.org/fileformat2.html §2.1) without making a JavaScript value of any cell. */ /** Of a value of 2^31 − 8 bytes: a payload cannot be longer than 2^31 − 1 with its header. */ const MAX_SERIAL = 2 ** 32 - 1;
/** So long that the reserved serial types 10 and 11 fail the check against the payload's end. */ const IMPOSSIBLE = 2 ** 30;
/**
 * Length of a cell by its serial type, for those that take one byte. Integers all through: with one double among them, V8
 * would compute every offset as a double.
 */ const SHORT_LENGTHS = Int32Array.from({
    length: 128
}, (_, serial)=>serial >= 12 ? serial - 12 >>> 1 : [
        0,
        1,
        2,
        3,
        4,
        6,
        8,
        8,
        0,
        0,
        IMPOSSIBLE,
        IMPOSSIBLE
    ][serial]);
function decodeRecord(bytes, start, end, serials, starts) {
    const columns = serials.length;
    let header = start + 1;
    let headerEnd = start + bytes[start];
    if (bytes[start] > 127) {
        headerEnd = start + varint(bytes, start);
        header = start + varintLength(bytes, start);
    }
    // Said in the positive: what lies outside of the buffer makes NaN.
    if (!(headerEnd <= end)) return -1;
    let body = headerEnd;
    let i = 0;
    for(; header < headerEnd && i < columns; i++){
        const serial = bytes[header++];
        starts[i] = body;
        if (serial < 128) {
            serials[i] = serial === 7 && isNaNAt(bytes, body) ? 0 : serial;
            body += SHORT_LENGTHS[serial];
            continue;
        }
        const second = bytes[header++];
        if (second < 128) {
            const long = (serial & 127) << 7 | second;
            serials[i] = long;
            body += long >= 128 ? long - 12 >>> 1 : SHORT_LENGTHS[long];
            continue;
        }
        const long = varint(bytes, header - 2);
        header += varintLength(bytes, header - 2) - 2;
        serials[i] = long;
        if (!(long <= MAX_SERIAL)) return -1;
        body += long >= 128 ? long - 12 >>> 1 : SHORT_LENGTHS[long];
    }
    return header <= headerEnd && body <= end ? i : -1;
}
/** The exponent is all ones, and something else is one, too. */ function isNaNAt(bytes, at) {
    return (bytes[at] & 0x7f) === 0x7f && bytes[at + 1] >= 0xf0 && Number.isNaN(bytes.readDoubleBE(at));
}
function varint(bytes, at) {
    let value = 0;
    for(let i = 0; i < 8; i++){
        const byte = bytes[at + i];
        value = value * 128 + (byte & 127);
        if (byte < 128) return value;
    }
    return value * 256 + bytes[at + 8];
}
function varintLength(bytes, at) {
    for(let i = 0; i < 8; i++)if (bytes[at + i] < 128) return i + 1;
    return 9;
}
function varint64(bytes, at) {
    const length = varintLength(bytes, at);
    // Seven bytes hold 49 bits, which a number holds exactly.
    if (length <= 7) return BigInt(varint(bytes, at));
    let value = 0n;
    for(let i = 0; i < 8; i++)value = value << 7n | BigInt(bytes[at + i] & 127);
    return length === 8 ? value : BigInt.asIntN(64, value << 8n | BigInt(bytes[at + 8]));
}
