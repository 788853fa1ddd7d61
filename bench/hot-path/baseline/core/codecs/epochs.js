"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "epochCodec", {
    enumerable: true,
    get: function() {
        return epochCodec;
    }
});
const _row = require("../row");
const _times = require("./times");
/** Times as numbers: so many units since an epoch, which the plan names. */ const FIRST = -62_135_596_800_000_000n; // 0001-01-01 in microseconds since 1970
const LAST = 253_402_300_799_999_999n; // the end of 9999-12-31
/** Formats of integers: microseconds in a unit, and the epoch in microseconds since 1970. */ const EPOCHS = {
    'unix-seconds': [
        1_000_000n,
        0n
    ],
    'unix-milliseconds': [
        1_000n,
        0n
    ],
    'unix-microseconds': [
        1n,
        0n
    ],
    // 1601-01-01: Chrome's and Windows' epoch.
    'chrome-microseconds': [
        1n,
        -11_644_473_600_000_000n
    ],
    // 2001-01-01: Core Data's, Cocoa's and Safari's.
    'mac-seconds': [
        1_000_000n,
        978_307_200_000_000n
    ]
};
function epochCodec(format) {
    if (format === 'julian-day') return julianDayCodec;
    if (format === 'unix-nanoseconds') return nanosecondsCodec;
    const [unit, epoch] = EPOCHS[format];
    return (row, column, out)=>{
        const serial = row.serials[column];
        if (serial === 7 && format === 'mac-seconds') return macSeconds((0, _row.realAt)(row, column), epoch, out);
        if (serial > 9 || serial === 7) return 'wrong storage class';
        return writeWithin(epoch + (0, _row.integerAt)(row, column) * unit, out);
    };
}
function writeWithin(sinceUnix, out) {
    if (sinceUnix < FIRST || sinceUnix > LAST) return 'out of range';
    (0, _times.writeMicros)(sinceUnix, out);
    return undefined;
}
const nanosecondsCodec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial > 9 || serial === 7) return 'wrong storage class';
    const value = (0, _row.integerAt)(row, column);
    return value % 1_000n === 0n ? writeWithin(value / 1_000n, out) : 'not exact';
};
/** The shortest decimal that reads back as the same double, where it has no more than six decimals. */ function macSeconds(seconds, epoch, out) {
    if (!(Math.abs(seconds) < 1e12)) return 'out of range';
    const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(String(seconds)) ?? [];
    if (whole === undefined) return 'not exact';
    const micros = BigInt(whole + fraction.padEnd(6, '0'));
    return writeWithin(epoch + (sign === '-' ? -micros : micros), out);
}
/** As SQLite's date functions do (date.c, iJD): a julian day is rounded to a whole number of milliseconds. */ const julianDayCodec = (row, column, out)=>{
    if (row.serials[column] !== 7) return 'wrong storage class';
    const day = (0, _row.realAt)(row, column);
    if (!(day >= 0 && day < 5_373_484.5)) return 'out of range';
    const millis = Math.floor(day * 86_400_000 + 0.5) - 210_866_760_000_000;
    return writeWithin(BigInt(millis) * 1000n, out);
};
