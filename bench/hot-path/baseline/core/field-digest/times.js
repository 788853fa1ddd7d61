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
    get daysAt () {
        return daysAt;
    },
    get fractionAt () {
        return fractionAt;
    },
    get secondsAt () {
        return secondsAt;
    }
});
/**
 * Days and microseconds since 2000-01-01, as PostgreSQL's binary format has them (its datatype/timestamp.h), from ISO text. Shares nothing
 * with the codec: the calendar here is JavaScript's.
 */ const DAY_MS = 86_400_000;
const EPOCH_MS = Date.UTC(2000, 0, 1);
const ZERO = 48;
function daysAt(view, at) {
    const year = two(view, at) * 100 + two(view, at + 2);
    const month = two(view, at + 5);
    const day = two(view, at + 8);
    if (view.getUint8(at + 4) !== 45 || view.getUint8(at + 7) !== 45 || !(year >= 1)) return Number.NaN;
    // 400 years later everything is the same weekday and leap year, and Date does not take years below 100 for 19xx.
    const ms = Date.UTC(year + 400, month - 1, day);
    const date = new Date(ms);
    if (date.getUTCDate() !== day || date.getUTCMonth() !== month - 1) return Number.NaN;
    return (ms - EPOCH_MS) / DAY_MS - 146_097;
}
function secondsAt(view, at) {
    const hours = two(view, at);
    const minutes = two(view, at + 3);
    const seconds = two(view, at + 6);
    const isTime = hours < 24 && minutes < 60 && seconds < 60 && view.getUint8(at + 2) === 58 && view.getUint8(at + 5) === 58;
    return isTime ? hours * 3600 + minutes * 60 + seconds : Number.NaN;
}
function fractionAt(view, at, end) {
    if (end <= at || end - at > 6) return Number.NaN;
    let micros = 0;
    for(let i = 0; i < 6; i++)micros = micros * 10 + (at + i < end ? digit(view.getUint8(at + i)) : 0);
    return micros;
}
/** Number of two digits; NaN when they are none. */ function two(view, at) {
    return digit(view.getUint8(at)) * 10 + digit(view.getUint8(at + 1));
}
function digit(byte) {
    return byte >= ZERO && byte <= ZERO + 9 ? byte - ZERO : Number.NaN;
}
