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
    get ScratchRow () {
        return ScratchRow;
    },
    get cellOf () {
        return cellOf;
    }
});
const _row = require("../../core/row");
/** A buffer above this size is given back with the next row. */ const KEPT_BYTES = 4 << 20;
const FIRST_BYTES = 64 << 10;
class ScratchRow {
    bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    view = (0, _row.viewOf)(this.bytes);
    rowid;
    serials;
    starts;
    /** Bytes of the cells of the current row. */ length = 0;
    constructor(columns){
        this.serials = new Float64Array(columns);
        this.starts = new Float64Array(columns);
    }
    /**
   * Replaces the row. `isText(column)` tells which Buffers are text.
   * @param values one for each column; more are ignored
   */ put(values, isText) {
        const { serials, starts } = this;
        let length = 0;
        for(let i = 0; i < serials.length; i++)length += lengthOf(values[i]);
        this.#makeRoom(length);
        let at = 0;
        for(let i = 0; i < serials.length; i++){
            const value = values[i];
            starts[i] = at;
            serials[i] = write(this.bytes, at, value, Buffer.isBuffer(value) && isText(i));
            at += lengthOf(value);
        }
        this.length = length;
    }
    #makeRoom(bytes) {
        const enough = this.bytes.length >= bytes;
        if (enough && (this.bytes.length <= KEPT_BYTES || bytes > KEPT_BYTES)) return;
        this.bytes = Buffer.allocUnsafeSlow(Math.max(bytes, FIRST_BYTES));
        this.view = (0, _row.viewOf)(this.bytes);
    }
}
function cellOf(value, isText) {
    const bytes = Buffer.alloc(lengthOf(value));
    return {
        serial: write(bytes, 0, value, isText),
        bytes
    };
}
function lengthOf(value) {
    if (value === null) return 0;
    return typeof value === 'object' ? value.length : 8;
}
/** @returns the serial type */ function write(bytes, at, value, isText) {
    if (value === null) return 0;
    if (typeof value === 'bigint') {
        bytes.writeBigInt64BE(value, at);
        return 6;
    }
    if (typeof value === 'number') {
        bytes.writeDoubleBE(value, at);
        return 7;
    }
    value.copy(bytes, at);
    return value.length * 2 + (isText ? 13 : 12);
}
