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
    get INTEGER_CODECS () {
        return INTEGER_CODECS;
    },
    get booleanCodec () {
        return booleanCodec;
    },
    get doubleCodec () {
        return doubleCodec;
    },
    get numericCodec () {
        return numericCodec;
    }
});
const _row = require("../row");
/** Integers of 8 bytes: SQLite's are big-endian two's complement already, so bytes are sign-extended, not parsed. */ const bigintCodec = (row, column, out)=>{
    const serial = row.serials[column];
    const at = row.starts[column];
    const { view } = row;
    if (serial === 6) out.int64Field(view.getInt32(at), view.getInt32(at + 4));
    else if (serial === 5) out.int64Field(view.getInt16(at), view.getInt32(at + 2));
    else if (serial > 9 || serial === 7) return 'wrong storage class';
    else {
        const value = smallInteger(view, at, serial);
        out.int64Field(value >> 31, value);
    }
    return undefined;
};
const int4Codec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial <= 4 || serial === 8 || serial === 9) {
        out.int32Field(smallInteger(row.view, row.starts[column], serial));
        return undefined;
    }
    if (serial >= 7) return 'wrong storage class';
    const value = (0, _row.integerAt)(row, column);
    if (BigInt.asIntN(32, value) !== value) return 'out of range';
    out.int32Field(Number(value));
    return undefined;
};
const int2Codec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial >= 7 && serial !== 8 && serial !== 9) return 'wrong storage class';
    const value = serial === 5 || serial === 6 ? (0, _row.integerAt)(row, column) : smallInteger(row.view, row.starts[column], serial);
    if (value > 0x7fff || value < -0x8000) return 'out of range';
    out.int16Field(Number(value));
    return undefined;
};
const INTEGER_CODECS = {
    bigint: bigintCodec,
    integer: int4Codec,
    smallint: int2Codec
};
/** An integer of at most four bytes, by its serial type. */ function smallInteger(view, at, serial) {
    switch(serial){
        case 1:
            return view.getInt8(at);
        case 2:
            return view.getInt16(at);
        case 3:
            return view.getInt16(at) << 8 | view.getUint8(at + 2);
        case 4:
            return view.getInt32(at);
        default:
            return serial - 8;
    }
}
const doubleCodec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial === 7) {
        const at = row.starts[column];
        out.int64Field(row.view.getInt32(at), row.view.getInt32(at + 4));
        return undefined;
    }
    if (serial > 9) return 'wrong storage class';
    const value = (0, _row.integerAt)(row, column);
    const double = Number(value);
    if (BigInt(double) !== value) return 'not exact';
    out.doubleField(double);
    return undefined;
};
function numericCodec(type) {
    return (row, column, out)=>{
        const decimal = decimalAt(row, column);
        if (decimal === undefined) return row.serials[column] >= 12 && row.serials[column] % 2 === 1 ? 'not a number' : 'wrong storage class';
        if (decimal === 'infinite') return 'out of range';
        if (type.precision !== undefined) {
            if (decimal.fraction.length > type.scale) return 'not exact';
            if (digitsBeforePoint(decimal) > type.precision - type.scale) return 'out of range';
        }
        return writeNumeric(decimal, out);
    };
}
/** Negative where zeros follow the point: numeric(3,5), for one, holds 0.00999 and nothing larger. */ function digitsBeforePoint({ whole, fraction }) {
    if (whole !== '') return whole.length;
    return fraction === '' ? -Infinity : fraction.replace(/^0+/, '').length - fraction.length;
}
/** PostgreSQL's own limits of the unconstrained type. */ const MAX_WHOLE = 131_072;
const MAX_FRACTION = 16_383;
/** The cell as a decimal number: undefined when it is none. */ function decimalAt(row, column) {
    const serial = row.serials[column];
    if (serial <= 6 || serial === 8 || serial === 9) return parseDecimal((0, _row.integerAt)(row, column).toString());
    if (serial === 7) {
        const value = (0, _row.realAt)(row, column);
        return Number.isFinite(value) ? parseDecimal(String(value)) : 'infinite';
    }
    if (serial % 2 === 0 || (0, _row.serialLength)(serial) > MAX_WHOLE + MAX_FRACTION + 2) return undefined;
    const text = (0, _row.textAt)(row, column);
    return /^-?\d+(\.\d+)?$/.test(text) ? parseDecimal(text) : undefined;
}
/** Parses `[-]digits[.digits][e±n]`, moving the point instead of computing, so that no digit changes. */ function parseDecimal(text) {
    const [, sign, integral, fractional = '', exponentText = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text);
    const exponent = Number(exponentText);
    let whole = integral;
    let fraction = fractional;
    if (exponent > 0) {
        fraction = fraction.padEnd(exponent, '0');
        whole += fraction.slice(0, exponent);
        fraction = fraction.slice(exponent);
    } else if (exponent < 0) {
        whole = whole.padStart(-exponent + 1, '0');
        fraction = whole.slice(exponent) + fraction;
        whole = whole.slice(0, exponent);
    }
    return {
        negative: sign === '-',
        whole: whole.replace(/^0+/, ''),
        fraction: fraction.replace(/0+$/, ''),
        scale: fraction.length
    };
}
/** numeric_recv: number of base-10,000 digits, weight of the first, sign, display scale, then the digits as int16. */ function writeNumeric(decimal, out) {
    if (decimal.whole.length > MAX_WHOLE || decimal.scale > MAX_FRACTION) return 'out of range';
    const whole = decimal.whole.padStart(Math.ceil(decimal.whole.length / 4) * 4, '0');
    const fraction = decimal.fraction.padEnd(Math.ceil(decimal.fraction.length / 4) * 4, '0');
    const digits = [];
    for(let at = 0; at < whole.length; at += 4)digits.push(Number(whole.slice(at, at + 4)));
    let weight = digits.length - 1;
    for(let at = 0; at < fraction.length; at += 4)digits.push(Number(fraction.slice(at, at + 4)));
    while(digits.length > 0 && digits[0] === 0){
        digits.shift();
        weight -= 1;
    }
    while(digits.length > 0 && digits[digits.length - 1] === 0)digits.pop();
    out.int32(8 + digits.length * 2);
    out.uint16(digits.length);
    out.int16(digits.length === 0 ? 0 : weight);
    out.int16(decimal.negative && digits.length > 0 ? 0x4000 : 0);
    out.int16(decimal.scale);
    for (const digit of digits)out.int16(digit);
    return undefined;
}
const TRUE = new Set([
    'true',
    't',
    'yes',
    'y',
    'on',
    '1'
]);
const FALSE = new Set([
    'false',
    'f',
    'no',
    'n',
    'off',
    '0'
]);
const booleanCodec = (row, column, out)=>{
    const value = booleanAt(row, column);
    if (typeof value !== 'boolean') return value;
    out.byteField(value ? 1 : 0);
    return undefined;
};
function booleanAt(row, column) {
    const serial = row.serials[column];
    if (serial === 8 || serial === 9) return serial === 9;
    if (serial === 7 || serial >= 12 && serial % 2 === 0) return 'wrong storage class';
    if (serial <= 6) {
        const value = (0, _row.integerAt)(row, column);
        return value === 1n ? true : value === 0n ? false : 'not a boolean';
    }
    if ((0, _row.serialLength)(serial) > 5) return 'not a boolean';
    const text = (0, _row.textAt)(row, column).toLowerCase();
    return TRUE.has(text) ? true : FALSE.has(text) ? false : 'not a boolean';
}
