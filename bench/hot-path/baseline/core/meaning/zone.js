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
    get inZone () {
        return inZone;
    },
    get wallTime () {
        return wallTime;
    }
});
const _calendar = require("./calendar");
/**
 * Columns whose texts may be local times of a zone are compared as that zone's clocks show them: the target's instant is read back as
 * local time, by Intl. A local time that comes twice is marked the second time.
 */ const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Hours of which offsets are kept. */ const KEPT_HOURS = 200_000;
function inZone(timeZone) {
    const wall = wallTime(timeZone);
    return (text)=>{
        const local = (0, _calendar.isoTimestamp)(text);
        if (local !== undefined) return local;
        const instant = (0, _calendar.isoInstant)(text);
        return instant === undefined ? undefined : wall(instant);
    };
}
function wallTime(timeZone) {
    const offsetAt = offsets(timeZone);
    return (instant)=>{
        const parts = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?\+00( BC)?$/.exec(instant);
        if (parts === null) return instant;
        const [, year, month, day, hour, minute, second, fraction = '', bc] = parts;
        const date = new Date(0);
        date.setUTCFullYear(bc === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day));
        date.setUTCHours(Number(hour), Number(minute), Number(second));
        const at = date.getTime();
        const offset = offsetAt(at);
        const before = offsetAt(at - DAY_MS);
        const again = before > offset && offsetAt(at - (before - offset)) === before;
        const local = new Date(at + offset).toISOString().slice(0, -5).replace('T', ' ');
        return `${local}${fraction}${again ? ' again' : ''}`;
    };
}
/** Milliseconds that a zone is ahead of UTC at an instant. */ function offsets(timeZone) {
    const format = new Intl.DateTimeFormat('en-US', {
        timeZone,
        timeZoneName: 'longOffset'
    });
    const ask = (at)=>{
        const name = format.formatToParts(at).find(({ type })=>type === 'timeZoneName').value;
        const [, sign, hours, minutes, seconds = '0'] = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? [];
        if (sign === undefined) return 0;
        return (sign === '-' ? -1_000 : 1_000) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds));
    };
    // Asking Intl takes longer than everything else about a cell.
    const hours = new Map();
    return (at)=>{
        const hour = Math.floor(at / HOUR_MS);
        let offset = hours.get(hour);
        if (offset === undefined) {
            const first = ask(hour * HOUR_MS);
            // Not a number: it changes within the hour.
            offset = first === ask((hour + 1) * HOUR_MS) ? first : Number.NaN;
            if (hours.size >= KEPT_HOURS) hours.clear();
            hours.set(hour, offset);
        }
        return Number.isNaN(offset) ? ask(at) : offset;
    };
}
