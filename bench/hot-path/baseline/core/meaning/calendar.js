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
    get dayOfInteger () {
        return dayOfInteger;
    },
    get isoDay () {
        return isoDay;
    },
    get isoInstant () {
        return isoInstant;
    },
    get isoTimestamp () {
        return isoTimestamp;
    },
    get julianDay () {
        return julianDay;
    },
    get microseconds () {
        return microseconds;
    },
    get unixMicroseconds () {
        return unixMicroseconds;
    },
    get unixMilliseconds () {
        return unixMilliseconds;
    }
});
/**
 * Dates and instants, in the form in which PostgreSQL prints them under `DateStyle=ISO` and `TimeZone=UTC`, which is
 * canonical: `2026-01-31 23:59:00.5`, without trailing zeros in the fraction, without a fraction of zero.
 */ const DAY_MS = 86_400_000;
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?(?:Z|[+-]\d\d:\d\d)?$/;
/** Milliseconds from the Julian epoch to the Unix epoch, as SQLite's date functions count them. */ const JULIAN_UNIX_MS = 210_866_760_000_000;
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const END_MS = Date.parse('+010000-01-01T00:00:00Z');
function isoDay(text) {
    return text.length === 10 && ISO.test(text) && isRealDay(text) ? text : undefined;
}
function isoTimestamp(text) {
    if (!ISO.test(text) || zoneStart(text) >= 0 || !isRealDay(text) || !isRealTime(text, text.length)) return undefined;
    return `${text.slice(0, 10)} ${timeOf(text, text.length)}`;
}
function isoInstant(text) {
    if (!ISO.test(text)) return undefined;
    const zone = zoneStart(text);
    if (zone < 0 || !isRealDay(text) || !isRealTime(text, zone)) return undefined;
    const time = timeOf(text, zone);
    if (text.charCodeAt(zone) === 90) return `${text.slice(0, 10)} ${time}+00`;
    const hours = two(text, zone + 1);
    const minutes = two(text, zone + 4);
    if (hours > 15 || minutes > 59) return undefined;
    const offset = (hours * 60 + minutes) * (text.charCodeAt(zone) === 45 ? -1 : 1);
    if (offset === 0) return `${text.slice(0, 10)} ${time}+00`;
    // Offsets are whole minutes: seconds and fraction stay as they are.
    const local = Date.parse(`${text.slice(0, 10)}T${time.slice(0, 5)}:00Z`);
    return printed(new Date(local - offset * 60_000), time.slice(5), '+00');
}
function unixMilliseconds(value) {
    const ms = Number(value);
    if (!(ms >= FIRST_MS && ms < END_MS)) return undefined;
    const text = new Date(ms).toISOString();
    const fraction = text.slice(19, 23).replace(/\.?0+$/, '');
    return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction}`;
}
function unixMicroseconds(value) {
    const rest = (value % 1_000n + 1_000n) % 1_000n;
    const whole = unixMilliseconds((value - rest) / 1_000n);
    if (whole === undefined || rest === 0n) return whole;
    const millis = whole.length > 19 ? whole.slice(20).padEnd(3, '0') : '000';
    return `${whole.slice(0, 19)}.${millis}${String(rest).padStart(3, '0').replace(/0+$/, '')}`;
}
function microseconds(seconds) {
    const [whole, fraction = ''] = seconds.split('.');
    return fraction.length <= 6 ? BigInt(whole + fraction.padEnd(6, '0')) : undefined;
}
function dayOfInteger(value) {
    const digits = String(value).padStart(8, '0');
    return isoDay(`${digits.slice(0, -4)}-${digits.slice(-4, -2)}-${digits.slice(-2)}`);
}
function julianDay(value) {
    const julianMs = Math.trunc(value * DAY_MS + 0.5);
    return Number.isFinite(julianMs) ? unixMilliseconds(BigInt(julianMs - JULIAN_UNIX_MS)) : undefined;
}
/** PostgreSQL's own print of an instant whose year may have left 1 to 9999 by its offset. */ function printed(at, seconds, zone) {
    const year = at.getUTCFullYear();
    const day = `${String(year > 0 ? year : 1 - year).padStart(4, '0')}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
    return `${day} ${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}${seconds}${zone}${year > 0 ? '' : ' BC'}`;
}
function pad(value) {
    return value < 10 ? `0${value}` : String(value);
}
function zoneStart(text) {
    if (text.charCodeAt(text.length - 1) === 90) return text.length - 1;
    // `±HH:MM` is the last six characters; in a bare date those begin with a digit or hold no colon.
    const at = text.length - 6;
    const sign = text.charCodeAt(at);
    return (sign === 43 || sign === 45) && text.charCodeAt(at + 3) === 58 ? at : -1;
}
/** `HH:MM:SS[.f]` of ISO text whose local part ends at `end`, seconds filled in, zeros cut from the fraction. */ function timeOf(text, end) {
    if (end === 10) return '00:00:00';
    if (end === 16) return `${text.slice(11, 16)}:00`;
    if (end > 19) {
        while(text.charCodeAt(end - 1) === 48)end--;
        if (end === 20) end = 19;
    }
    return text.slice(11, end);
}
function isRealDay(text) {
    const year = two(text, 0) * 100 + two(text, 2);
    const month = two(text, 5);
    const day = two(text, 8);
    if (year < 1 || month < 1 || month > 12 || day < 1) return false;
    if (day <= 28) return true;
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    return day <= (month === 2 ? leap ? 29 : 28 : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
}
/** Whether the time that ends at `end` exists; a date alone is its midnight. */ function isRealTime(text, end) {
    return end === 10 || two(text, 11) <= 23 && two(text, 14) <= 59 && (end === 16 || two(text, 17) <= 59);
}
function two(text, at) {
    return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}
