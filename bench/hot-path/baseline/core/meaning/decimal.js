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
    get decimalOfDouble () {
        return decimalOfDouble;
    },
    get fitsNumeric () {
        return fitsNumeric;
    },
    get plainDecimal () {
        return plainDecimal;
    },
    get scientificDecimal () {
        return scientificDecimal;
    }
});
/** Decimal numbers compared as decimals: through text, never through a double. */ const PLAIN = /^-?\d+(?:\.\d+)?$/;
const ALREADY_PLAIN = /^(?:0|-?[1-9]\d*)$/;
function plainDecimal(text) {
    if (ALREADY_PLAIN.test(text)) return text;
    if (!PLAIN.test(text)) return undefined;
    const negative = text.charCodeAt(0) === 45;
    let start = negative ? 1 : 0;
    const point = text.indexOf('.');
    const whole = point < 0 ? text.length : point;
    while(start < whole - 1 && text.charCodeAt(start) === 48)start++;
    let end = text.length;
    if (point >= 0) {
        while(text.charCodeAt(end - 1) === 48)end--;
        if (end - 1 === point) end = point;
    }
    const digits = text.slice(start, end);
    return negative && digits !== '0' ? `-${digits}` : digits;
}
function decimalOfDouble(value) {
    const text = String(value);
    const at = text.indexOf('e');
    if (at < 0) return text;
    const exponent = Number(text.slice(at + 1));
    const sign = value < 0 ? '-' : '';
    const [whole, fraction = ''] = text.slice(sign.length, at).split('.');
    // JavaScript writes one digit before the point, from 1e21 on and from 1e-7 down.
    return exponent > 0 ? sign + whole + fraction.padEnd(exponent, '0') : `${sign}0.${'0'.repeat(-exponent - 1)}${whole}${fraction}`;
}
function fitsNumeric(decimal, precision, scale) {
    const point = decimal.indexOf('.');
    const first = decimal.charCodeAt(0) === 45 ? 1 : 0;
    const whole = (point < 0 ? decimal.length : point) - first;
    const wholeDigits = whole === 1 && decimal.charCodeAt(first) === 48 ? 0 : whole;
    return wholeDigits <= Math.max(0, precision - scale) && (point < 0 || decimal.length - point - 1 <= scale);
}
function scientificDecimal(text) {
    const last = text.charCodeAt(text.length - 1);
    if (last !== 48 && ALREADY_PLAIN.test(text)) return text;
    const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
    const digits = (whole + fraction).replace(/^0+/, '');
    const significant = digits.replace(/0+$/, '');
    if (significant === '') return '0';
    const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
    return power === 0n ? sign + significant : `${sign}${significant}e${power}`;
}
