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
    get KEY_NAMESPACE () {
        return KEY_NAMESPACE;
    },
    get keyCodec () {
        return keyCodec;
    }
});
const _nodecrypto = require("node:crypto");
const _row = require("../row");
const _texts = require("./texts");
const KEY_NAMESPACE = '28332773-c3d0-5399-b61d-8e2a378f3cc0';
function keyCodec({ plan, source, table, type }) {
    let namespace = Buffer.from(KEY_NAMESPACE.replaceAll('-', ''), 'hex');
    for (const name of [
        plan,
        source,
        table
    ])namespace = uuid5(namespace, Buffer.from(name));
    return (row, column, out)=>{
        const key = keyAt(row, column, type);
        if (typeof key === 'string') return key;
        out.field(uuid5(namespace, key));
        return undefined;
    };
}
/** The key as it goes into the UUID: decimal or text, in UTF-8; a string says why it is none. */ function keyAt(row, column, type) {
    const serial = row.serials[column];
    if (serial <= 9 && serial !== 7) return Buffer.from((0, _row.integerAt)(row, column).toString());
    if (serial < 13 || serial % 2 === 0) return 'wrong storage class';
    // Text that refers to an integer counts only where it could not be another integer's text.
    if (type === 'bigint' && !isDecimal(row, column)) return 'not a key';
    const start = row.starts[column];
    return (0, _texts.textRefusal)(row.bytes, start, start + (0, _row.serialLength)(serial)) ?? (0, _row.bytesAt)(row, column);
}
function isDecimal(row, column) {
    return (0, _row.serialLength)(row.serials[column]) <= 20 && /^(0|-?[1-9]\d*)$/.test((0, _row.textAt)(row, column));
}
function uuid5(namespace, name) {
    const bytes = (0, _nodecrypto.createHash)('sha1').update(namespace).update(name).digest().subarray(0, 16);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    return bytes;
}
