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
    get meaningOfSource () {
        return meaningOfSource;
    },
    get sourceMeaning () {
        return sourceMeaning;
    },
    get valueOf () {
        return valueOf;
    }
});
const _uuid = require("uuid");
const _calendar = require("./calendar");
const _decimal = require("./decimal");
const _json = require("./json");
const _meaning = require("./meaning");
const _zone = require("./zone");
function meaningOfSource(value, column) {
    return sourceMeaning(column)(value);
}
function sourceMeaning(column) {
    const read = reader(column);
    const ofNull = column.ifNull === undefined ? null : read(valueOf(column.ifNull, column.type.name)) ?? null;
    return (value)=>value === null ? ofNull : read(value) ?? (0, _meaning.unholdable)(value);
}
function reader(column) {
    const { type, format, affinity } = column;
    switch(type.name){
        case 'bigint':
            return (value)=>typeof value === 'bigint' ? String(value) : undefined;
        case 'integer':
            return integerWithin(-(2n ** 31n), 2n ** 31n - 1n);
        case 'smallint':
            return integerWithin(-(2n ** 15n), 2n ** 15n - 1n);
        case 'double precision':
            return asDouble;
        case 'numeric':
            return asNumeric(type.precision, type.scale ?? 0);
        case 'boolean':
            return asBoolean;
        case 'text':
        case 'varchar':
            return asText(affinity === 'text' || affinity === 'blob', type.length);
        case 'bytea':
            return (value)=>Buffer.isBuffer(value) ? value.toString('hex') : undefined;
        case 'date':
            if (format === 'yyyymmdd') return (value)=>typeof value === 'bigint' ? (0, _calendar.dayOfInteger)(value) : undefined;
            return (value)=>typeof value === 'string' ? (0, _calendar.isoDay)(value) : undefined;
        case 'timestamp':
            return asTime(format ?? 'iso', _calendar.isoTimestamp, '');
        case 'timestamptz':
            return asTime(format ?? 'iso', column.timeZone === undefined ? _calendar.isoInstant : (0, _zone.inZone)(column.timeZone), '+00');
        case 'uuid':
            return column.key === undefined ? asUuid : asKey(column.key);
        case 'json':
            return (value)=>typeof value === 'string' ? value : undefined;
        case 'jsonb':
            return format === 'tagged' ? asTagged : (value)=>typeof value === 'string' ? (0, _json.canonicalJson)(value) : undefined;
    }
}
function integerWithin(least, most) {
    return (value)=>typeof value === 'bigint' && value >= least && value <= most ? String(value) : undefined;
}
const asDouble = (value)=>{
    if (typeof value === 'number') return (0, _meaning.doubleBits)(value);
    if (typeof value !== 'bigint') return undefined;
    const nearest = Number(value);
    return BigInt(nearest) === value ? (0, _meaning.doubleBits)(nearest) : undefined;
};
function asNumeric(precision, scale) {
    return (value)=>{
        let decimal;
        if (typeof value === 'bigint') decimal = String(value);
        else if (typeof value === 'number') decimal = Number.isFinite(value) ? (0, _decimal.decimalOfDouble)(value) : undefined;
        else if (typeof value === 'string') decimal = (0, _decimal.plainDecimal)(value);
        if (decimal === undefined || precision === undefined) return decimal;
        return (0, _decimal.fitsNumeric)(decimal, precision, scale) ? decimal : undefined;
    };
}
const BOOLEANS = {
    true: 't',
    t: 't',
    yes: 't',
    y: 't',
    on: 't',
    1: 't',
    false: 'f',
    f: 'f',
    no: 'f',
    n: 'f',
    off: 'f',
    0: 'f'
};
const asBoolean = (value)=>{
    if (typeof value === 'bigint') return value === 0n ? 'f' : value === 1n ? 't' : undefined;
    if (typeof value !== 'string') return undefined;
    const word = value.toLowerCase();
    return Object.hasOwn(BOOLEANS, word) ? BOOLEANS[word] : undefined;
};
/** `textOnly`: SQLite would have made text of a number in this column, or keeps numbers apart from text in it. */ function asText(textOnly, length) {
    return (value)=>{
        let text;
        if (typeof value === 'string') text = value;
        else if (textOnly) return undefined;
        else if (typeof value === 'bigint') text = String(value);
        else if (typeof value === 'number') text = realText(value);
        else return undefined;
        return length === undefined || text.length <= length || codePoints(text) <= length ? text : undefined;
    };
}
/** Shortest decimal of a double, in a form that no integer has. */ function realText(value) {
    if (Object.is(value, -0)) return '-0.0';
    const text = String(value);
    return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
function codePoints(text) {
    let count = 0;
    for (const _ of text)count++;
    return count;
}
/** Microseconds from 1601 to 1970, and from 1970 to 2001: 134,774 and 11,323 days. */ const CHROME_TO_UNIX = 134_774n * 86_400_000_000n;
const MAC_TO_UNIX = 11_323n * 86_400_000_000n;
function asTime(format, iso, zone) {
    const withZone = (text)=>text === undefined ? undefined : text + zone;
    switch(format){
        case 'unix-seconds':
            return (value)=>typeof value === 'bigint' ? withZone((0, _calendar.unixMilliseconds)(value * 1000n)) : undefined;
        case 'unix-milliseconds':
            return (value)=>typeof value === 'bigint' ? withZone((0, _calendar.unixMilliseconds)(value)) : undefined;
        case 'unix-microseconds':
            return (value)=>typeof value === 'bigint' ? withZone((0, _calendar.unixMicroseconds)(value)) : undefined;
        case 'unix-nanoseconds':
            return (value)=>typeof value === 'bigint' && value % 1_000n === 0n ? withZone((0, _calendar.unixMicroseconds)(value / 1_000n)) : undefined;
        case 'chrome-microseconds':
            return (value)=>typeof value === 'bigint' ? withZone((0, _calendar.unixMicroseconds)(value - CHROME_TO_UNIX)) : undefined;
        case 'mac-seconds':
            return (value)=>{
                const seconds = typeof value === 'bigint' ? String(value) : typeof value === 'number' && Number.isFinite(value) ? (0, _decimal.decimalOfDouble)(value) : undefined;
                const micros = seconds === undefined ? undefined : (0, _calendar.microseconds)(seconds);
                return micros === undefined ? undefined : withZone((0, _calendar.unixMicroseconds)(micros + MAC_TO_UNIX));
            };
        case 'julian-day':
            return (value)=>typeof value === 'number' ? withZone((0, _calendar.julianDay)(value)) : undefined;
        default:
            return (value)=>typeof value === 'string' ? iso(value) : undefined;
    }
}
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const asUuid = (value)=>{
    if (typeof value === 'string') return UUID.test(value) ? value.toLowerCase() : undefined;
    if (!Buffer.isBuffer(value) || value.length !== 16) return undefined;
    return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
/** The UUID that stands for a key: nested namespaces of plan, source and table, then the key as text. */ function asKey({ plan, source, table, type }) {
    const namespace = [
        plan,
        source,
        table
    ].reduce((inner, name)=>(0, _uuid.v5)(name, inner), KEYS);
    return (value)=>{
        if (typeof value === 'bigint') return (0, _uuid.v5)(value.toString(), namespace);
        if (typeof value !== 'string' || value.includes('\0')) return undefined;
        return type === 'text' || plainInteger(value) ? (0, _uuid.v5)(value, namespace) : undefined;
    };
}
/** `uuid5(NAMESPACE_URL, 'sqlift:key')`. */ const KEYS = (0, _uuid.v5)('sqlift:key', _uuid.v5.URL);
/** Whether the text is what an integer of 64 bits looks like, and no other text of the same integer. */ function plainInteger(text) {
    return text.length <= 20 && /^-?\d+$/.test(text) && BigInt(text).toString() === text;
}
function valueOf(literal, type) {
    if (typeof literal === 'boolean') return literal ? 1n : 0n;
    if (typeof literal === 'number') return Number.isInteger(literal) ? BigInt(literal) : literal;
    if (type === 'bytea') return Buffer.from(literal.slice(2), 'hex');
    return type === 'bigint' || type === 'integer' || type === 'smallint' ? BigInt(literal) : literal;
}
/** Storage class, then value: see `meaningOfTarget` for the way back from jsonb. */ const asTagged = (value)=>{
    if (typeof value === 'bigint') return `i${value}`;
    if (typeof value === 'number') return `r${(0, _meaning.doubleBits)(value)}`;
    if (value instanceof _meaning.InvalidText) return `x${value.bytes.toString('hex')}`;
    if (typeof value !== 'string') return `b${value.toString('hex')}`;
    return value.includes('\0') || (0, _meaning.hasLoneSurrogate)(value) ? `x${Buffer.from(value).toString('hex')}` : `t${value}`;
};
