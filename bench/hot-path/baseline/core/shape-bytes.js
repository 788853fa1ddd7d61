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
    get isDateAt () {
        return isDateAt;
    },
    get isUuidAt () {
        return isUuidAt;
    },
    get timeShape () {
        return timeShape;
    }
});
/**
 * Shapes of texts, told by their bytes. These say what the codecs would accept, and a test holds them to that; the codecs themselves
 * are too slow for a census, since they write what they read.
 */ const [PLUS, MINUS, POINT, ZERO, NINE, COLON, T, Z, SPACE] = [
    43,
    45,
    46,
    48,
    57,
    58,
    0x54,
    0x5a,
    0x20
];
const MONTH_DAYS = Uint8Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);
function isDigit(byte) {
    return byte >= ZERO && byte <= NINE;
}
/** The number of two digits; more than 99 when they are none. */ function twoDigits(bytes, at) {
    const tens = bytes[at];
    const ones = bytes[at + 1];
    return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + ones - ZERO : 100;
}
function isDateAt(bytes, at) {
    if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return false;
    const century = twoDigits(bytes, at);
    const rest = twoDigits(bytes, at + 2);
    const month = twoDigits(bytes, at + 5);
    const day = twoDigits(bytes, at + 8);
    if (century > 99 || rest > 99 || century + rest === 0 || month < 1 || month > 12 || day < 1) return false;
    if (day <= MONTH_DAYS[month - 1]) return true;
    return day === 29 && month === 2 && rest % 4 === 0 && (rest !== 0 || century % 4 === 0);
}
function timeShape(bytes, start, end) {
    if (end - start < 11 || !isDateAt(bytes, start)) return undefined;
    let at = start + 10;
    if (bytes[at] === T || bytes[at] === SPACE) {
        if (end - at < 6 || bytes[at + 3] !== COLON || twoDigits(bytes, at + 1) > 23 || twoDigits(bytes, at + 4) > 59) return undefined;
        at += 6;
        if (at < end && bytes[at] === COLON) {
            if (end - at < 3 || twoDigits(bytes, at + 1) > 59) return undefined;
            at += 3;
            if (at < end && bytes[at] === POINT) {
                const point = at + 1;
                at = point;
                while(at < end && isDigit(bytes[at]))at += 1;
                if (at === point || at - point > 6) return undefined;
            }
        }
    }
    if (at === end) return 'timestamp';
    const isZone = end - at === 1 ? bytes[at] === Z : end - at === 6 && (bytes[at] === PLUS || bytes[at] === MINUS) && bytes[at + 3] === COLON && twoDigits(bytes, at + 1) <= 15 && twoDigits(bytes, at + 4) <= 59;
    if (!isZone) return undefined;
    const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
    return year === 1 || year === 9999 ? 'edge' : 'instant';
}
function isUuidAt(bytes, start) {
    for(let i = 0; i < 36; i++){
        const shouldBeSign = i === 8 || i === 13 || i === 18 || i === 23;
        if (bytes[start + i] === MINUS !== shouldBeSign) return false;
    }
    return true;
}
