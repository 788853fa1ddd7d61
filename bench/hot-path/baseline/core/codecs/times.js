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
    get dateCodec () {
        return dateCodec;
    },
    get isoCodec () {
        return isoCodec;
    },
    get writeMicros () {
        return writeMicros;
    },
    get yyyymmddCodec () {
        return yyyymmddCodec;
    }
});
const _row = require("../row");
const _localtimes = require("./local-times");
/** PostgreSQL counts days and microseconds from 2000-01-01 (`POSTGRES_EPOCH_JDATE` in its datetime.h). */ const EPOCH_DAYS = 10_957; // days from 1970-01-01 to 2000-01-01
const MICROS_PER_DAY = 86_400_000_000n;
const ZERO = 48;
/** Reads `count` decimal digits at `at`; −1 if one of them is none. */ function digits(bytes, at, count) {
    let value = 0;
    for(let i = 0; i < count; i++){
        const digit = bytes[at + i] - ZERO;
        if (digit < 0 || digit > 9) return -1;
        value = value * 10 + digit;
    }
    return value;
}
const MONTH_DAYS = [
    31,
    28,
    31,
    30,
    31,
    30,
    31,
    31,
    30,
    31,
    30,
    31
];
/** Days since 1970-01-01 of the `YYYY-MM-DD` at `at`; undefined if that is no calendar date of the years 1 to 9999. */ function daysAt(bytes, at) {
    const year = digits(bytes, at, 4);
    const month = digits(bytes, at + 5, 2);
    const day = digits(bytes, at + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return undefined;
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    if (day > MONTH_DAYS[month - 1] + (leap && month === 2 ? 1 : 0)) return undefined;
    // Civil-from-days in the proleptic Gregorian calendar, years beginning in March so that leap days come last.
    const y = month > 2 ? year : year - 1;
    const era = Math.floor(y / 400);
    const yearOfEra = y - era * 400;
    const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
    const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
    return era * 146_097 + dayOfEra - 719_468;
}
const dateCodec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial < 13 || serial % 2 === 0) return 'wrong storage class';
    if ((0, _row.serialLength)(serial) !== 10) return 'not a date';
    const days = daysAt(row.bytes, row.starts[column]);
    if (days === undefined) return 'not a date';
    writeDays(days, out);
    return undefined;
};
/** Days since 1970-01-01 of an integer such as 20260131. */ function daysOf(yyyymmdd) {
    return daysAt(Buffer.from(`${yyyymmdd}`.replace(/^(.*)(..)(..)$/, '$1-$2-$3').padStart(10, '0')), 0);
}
const yyyymmddCodec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial > 9 || serial === 7) return 'wrong storage class';
    const value = (0, _row.integerAt)(row, column);
    const days = value >= 10_101n && value <= 99_991_231n ? daysOf(Number(value)) : undefined;
    if (days === undefined) return 'not a date';
    writeDays(days, out);
    return undefined;
};
function writeDays(days, out) {
    out.int32Field(days - EPOCH_DAYS);
}
function isoCodec(zoned, timeZone) {
    const local = zoned && timeZone !== undefined ? new _localtimes.LocalTimes(timeZone) : undefined;
    return (row, column, out)=>isoTimestamp(row, column, out, zoned, local);
}
function writeMicros(sinceUnix, out) {
    const micros = sinceUnix - BigInt(EPOCH_DAYS) * MICROS_PER_DAY;
    out.int64Field(Number(micros >> 32n), Number(BigInt.asIntN(32, micros)));
}
/** The same of whole seconds since 1970 and microseconds besides, without a bigint. */ function writeSeconds(sinceUnix, micros, out) {
    // A million is 64 times 15,625: the product of the years 1 to 9999 with the latter is exact, and the rest is shifting.
    const parts = (sinceUnix - EPOCH_DAYS * 86_400) * 15_625;
    const high = Math.floor(parts / 2 ** 26);
    const low = (parts - high * 2 ** 26) * 64 + micros;
    out.int64Field(low < 2 ** 32 ? high : high + 1, low);
}
/** `YYYY-MM-DD[(T| )HH:MM[:SS[.f{1,6}]]][Z|±HH:MM]`, straight from the bytes: this runs once per cell of every time column. */ function isoTimestamp(row, column, out, zoned, local) {
    const serial = row.serials[column];
    if (serial < 13 || serial % 2 === 0) return 'wrong storage class';
    const bytes = row.bytes;
    const start = row.starts[column];
    const end = start + (0, _row.serialLength)(serial);
    if (end - start < 10) return 'not a timestamp';
    const days = daysAt(bytes, start);
    if (days === undefined) return 'not a timestamp';
    let at = start + 10;
    let seconds = 0;
    let micros = 0;
    // A zone may follow the date at once.
    if (at < end && (bytes[at] === 0x54 || bytes[at] === 0x20)) {
        if (end - at < 6 || bytes[at + 3] !== 58) return 'not a timestamp';
        const hour = digits(bytes, at + 1, 2);
        const minute = digits(bytes, at + 4, 2);
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return 'not a timestamp';
        at += 6;
        let second = 0;
        if (at < end && bytes[at] === 58) {
            if (end - at < 3) return 'not a timestamp';
            second = digits(bytes, at + 1, 2);
            if (second < 0 || second > 59) return 'not a timestamp';
            at += 3;
            if (at < end && bytes[at] === 46) {
                let count = 0;
                for(at += 1; at < end && bytes[at] >= ZERO && bytes[at] <= 57; at++, count++)micros = micros * 10 + bytes[at] - ZERO;
                if (count === 0) return 'not a timestamp';
                if (count > 6) return 'not exact';
                micros *= 10 ** (6 - count);
            }
        }
        seconds = hour * 3600 + minute * 60 + second;
    }
    const offset = offsetMinutes(bytes, at, end);
    if (offset === undefined) return 'not a timestamp';
    if (offset !== 'none') {
        if (!zoned) return 'has a time zone';
        seconds -= offset * 60;
    } else if (local !== undefined) {
        const offsetSeconds = local.offsetAt(days * 86_400 + seconds);
        if (offsetSeconds === undefined) return 'skipped by its time zone';
        seconds -= offsetSeconds;
    } else if (zoned) return 'has no time zone';
    // An offset may carry the instant a few hours past the years 1 to 9999, which PostgreSQL can hold.
    writeSeconds(days * 86_400 + seconds, micros, out);
    return undefined;
}
/** `Z` or `±HH:MM` from `at` to the end, in minutes; 'none' at the end, undefined when anything else stands there. */ function offsetMinutes(bytes, at, end) {
    if (at === end) return 'none';
    if (end - at === 1 && bytes[at] === 0x5a) return 0;
    if (end - at !== 6 || bytes[at + 3] !== 58) return undefined;
    const sign = bytes[at] === 43 ? 1 : bytes[at] === 45 ? -1 : 0;
    const hours = digits(bytes, at + 1, 2);
    const minutes = digits(bytes, at + 4, 2);
    if (sign === 0 || hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return undefined;
    return sign * (hours * 60 + minutes);
}
