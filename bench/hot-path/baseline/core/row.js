/**
 * One row of a source, as bytes: the record format of SQLite itself (sqlite.org/fileformat2.html §2.1).
 *
 * Readers fill it, the census and the codecs look at it, and nobody makes a JavaScript value of a cell unless it has
 * to: that keeps 64-bit integers, invalid UTF-8, NUL bytes and every bit of a double as they are in the file.
 */ /** SQLite's storage classes, as `typeof()` names them. */ "use strict";
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
    get NOT_COMPUTABLE () {
        return NOT_COMPUTABLE;
    },
    get bytesAt () {
        return bytesAt;
    },
    get integerAt () {
        return integerAt;
    },
    get realAt () {
        return realAt;
    },
    get rowOfOne () {
        return rowOfOne;
    },
    get serialLength () {
        return serialLength;
    },
    get storageClassOf () {
        return storageClassOf;
    },
    get textAt () {
        return textAt;
    },
    get viewOf () {
        return viewOf;
    }
});
const INTEGER_BYTES = [
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
    0
];
const NOT_COMPUTABLE = 10;
function serialLength(serial) {
    return serial >= 12 ? serial - 12 >>> 1 : INTEGER_BYTES[serial];
}
function storageClassOf(serial) {
    if (serial >= 12) return serial % 2 === 0 ? 'blob' : 'text';
    if (serial === 0 || serial === NOT_COMPUTABLE) return 'null';
    return serial === 7 ? 'real' : 'integer';
}
function integerAt(row, column) {
    const serial = row.serials[column];
    if (serial >= 8) return BigInt(serial - 8);
    const start = row.starts[column];
    if (serial === 6) return row.bytes.readBigInt64BE(start);
    return BigInt(row.bytes.readIntBE(start, INTEGER_BYTES[serial]));
}
function realAt(row, column) {
    return row.bytes.readDoubleBE(row.starts[column]);
}
function viewOf(bytes) {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
function rowOfOne(serial, bytes) {
    const view = viewOf(bytes);
    return {
        bytes,
        view,
        serials: Float64Array.of(serial),
        starts: Float64Array.of(0),
        rowid: undefined
    };
}
function bytesAt(row, column) {
    const start = row.starts[column];
    return row.bytes.subarray(start, start + serialLength(row.serials[column]));
}
function textAt(row, column) {
    const start = row.starts[column];
    return row.bytes.toString('utf8', start, start + serialLength(row.serials[column]));
}
