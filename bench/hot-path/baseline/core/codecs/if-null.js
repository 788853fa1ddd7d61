"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "nullField", {
    enumerable: true,
    get: function() {
        return nullField;
    }
});
const _row = require("../row");
const _writer = require("./writer");
function nullField(encode, ifNull, type) {
    const out = new _writer.CopyWriter(64);
    const refusal = encode(rowOf(ifNull, type), 0, out);
    return refusal === undefined ? out.take() : {
        refusal
    };
}
/** A row of one cell. Text stands for an integer or a blob (`\x…`) where the type takes nothing else. */ function rowOf(literal, { name }) {
    const integer = (value)=>{
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64BE(BigInt.asIntN(64, value));
        return (0, _row.rowOfOne)(6, bytes);
    };
    if (typeof literal === 'boolean') return integer(literal ? 1n : 0n);
    if (typeof literal === 'number') {
        if (Number.isInteger(literal)) return integer(BigInt(literal));
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleBE(literal);
        return (0, _row.rowOfOne)(7, bytes);
    }
    const isInteger = [
        'bigint',
        'integer',
        'smallint'
    ].includes(name) && /^-?\d{1,19}$/.test(literal);
    if (isInteger && BigInt.asIntN(64, BigInt(literal)) === BigInt(literal)) return integer(BigInt(literal));
    if (name === 'bytea' && /^\\x([0-9a-f]{2})*$/i.test(literal)) {
        const bytes = Buffer.from(literal.slice(2), 'hex');
        return (0, _row.rowOfOne)(12 + 2 * bytes.length, bytes);
    }
    const bytes = Buffer.from(literal);
    return (0, _row.rowOfOne)(13 + 2 * bytes.length, bytes);
}
