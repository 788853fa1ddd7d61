"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "compileRow", {
    enumerable: true,
    get: function() {
        return compileRow;
    }
});
const _errors = require("../errors");
const _row = require("../row");
const _unrolled = require("../unrolled");
const _column = require("./column");
const _ifnull = require("./if-null");
function compileRow(columns, { checkText = true } = {}) {
    const loaded = columns.filter((column)=>column.generated === undefined);
    const refused = {
        column: 0,
        reason: 'wrong storage class'
    };
    const refuse = (column, reason)=>{
        refused.column = columns.indexOf(loaded[column]);
        refused.reason = reason;
        return refused;
    };
    const encoders = loaded.map((column)=>codecOf(column, checkText));
    const nulls = loaded.map((column, i)=>nullCodec(column, encoders[i]));
    const cell = ({ index }, i)=>`
    reason = row.serials[${index}] === 0 ? null${i}(row, ${index}, out) : encode${i}(row, ${index}, out);
    if (reason !== undefined) { out.length = begin; return refuse(${i}, reason); }`;
    return (0, _unrolled.unrolled)([
        'row',
        'out'
    ], [
        `const begin = out.length; let reason; out.int16(${loaded.length});`,
        ...loaded.map(cell)
    ], {
        refuse,
        ...(0, _unrolled.named)('encode', encoders),
        ...(0, _unrolled.named)('null', nulls)
    });
}
const writeNull = (_row, _column, out)=>{
    out.null();
    return undefined;
};
/** Only computed cells can fail to be there. */ function codecOf(column, checkText) {
    const codec = (0, _column.compileCodec)(column, checkText);
    if (column.value === undefined) return codec;
    return (row, position, out)=>row.serials[position] === _row.NOT_COMPUTABLE ? 'cannot be computed' : codec(row, position, out);
}
/** What becomes of NULL. */ function nullCodec(column, codec) {
    if (column.ifNull !== undefined) {
        const field = (0, _ifnull.nullField)(codec, column.ifNull, column.type);
        // Resolving the plan has tried it.
        if (!Buffer.isBuffer(field)) throw new _errors.SqliftError('Internal', `ifNull of ${column.source}: ${field.refusal}`);
        return (_row, _column, out)=>{
            out.copy(field);
            return undefined;
        };
    }
    return column.notNull || column.identity ? ()=>'NULL not allowed' : writeNull;
}
