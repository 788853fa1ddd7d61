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
    get PageRow () {
        return PageRow;
    },
    get joinHalves () {
        return joinHalves;
    },
    get readRowid () {
        return readRowid;
    }
});
const _row = require("../../core/row");
class PageRow {
    bytes;
    view;
    serials;
    starts;
    /** Upper half of the rowid, signed, and lower half, unsigned. */ rowidHigh = 0;
    rowidLow = 0;
    constructor(bytes, columns){
        this.bytes = bytes;
        this.view = (0, _row.viewOf)(bytes);
        this.serials = new Float64Array(columns);
        this.starts = new Float64Array(columns);
    }
    get rowid() {
        return joinHalves(this.rowidHigh, this.rowidLow);
    }
}
function joinHalves(high, low) {
    return BigInt(high) << 32n | BigInt(low);
}
function readRowid(bytes, at, row) {
    let high = 0;
    let low = 0;
    for(let i = 0; i < 8; i++){
        const byte = bytes[at + i];
        high = high << 7 | low >>> 25;
        low = low << 7 | byte & 127;
        if (byte < 128) {
            row.rowidHigh = high;
            row.rowidLow = low >>> 0;
            return at + i + 1;
        }
    }
    row.rowidHigh = high << 8 | low >>> 24;
    row.rowidLow = (low << 8 | bytes[at + 8]) >>> 0;
    return at + 9;
}
