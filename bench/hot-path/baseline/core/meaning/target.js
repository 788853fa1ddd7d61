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
    get meaningOfTarget () {
        return meaningOfTarget;
    },
    get targetMeaning () {
        return targetMeaning;
    }
});
const _decimal = require("./decimal");
const _json = require("./json");
const _meaning = require("./meaning");
const _zone = require("./zone");
function meaningOfTarget(text, column) {
    return targetMeaning(column)(text);
}
function targetMeaning(column) {
    const read = reader(column);
    return (text)=>text === null ? null : read(text);
}
function reader(column) {
    switch(column.type.name){
        case 'double precision':
            return (text)=>(0, _meaning.doubleBits)(Number(text));
        case 'numeric':
            return (text)=>(0, _decimal.plainDecimal)(text) ?? text;
        case 'bytea':
            return (text)=>text.slice(2);
        case 'timestamptz':
            return column.timeZone === undefined ? (text)=>text : (0, _zone.wallTime)(column.timeZone);
        case 'jsonb':
            return column.format === 'tagged' ? tagged : (text)=>(0, _json.canonicalJson)(text) ?? text;
        default:
            // PostgreSQL prints these in one way only, which is the canonical one.
            return (text)=>text;
    }
}
const INT64_MAX = 2n ** 63n - 1n;
/** jsonb that keeps storage classes apart: integer, real, text, text as bytes, blob; anything else was not written by sqlift. */ function tagged(json) {
    const first = json.charCodeAt(0);
    if (first === 34) return `t${JSON.parse(json)}`;
    if (first === 123) {
        const [entry, ...more] = Object.entries(JSON.parse(json));
        if (entry !== undefined && more.length === 0 && typeof entry[1] === 'string') {
            if (entry[0] === '$real') return `r${(0, _meaning.doubleBits)(Number(entry[1]))}`;
            if (entry[0] === '$text') return `x${entry[1].toLowerCase()}`;
            if (entry[0] === '$blob') return `b${entry[1].toLowerCase()}`;
        }
        return `?${json}`;
    }
    if (/^-?\d+$/.test(json)) {
        const integer = BigInt(json);
        if (integer >= -INT64_MAX - 1n && integer <= INT64_MAX) return `i${integer}`;
    }
    return /^-?\d/.test(json) ? `r${(0, _meaning.doubleBits)(Number(json))}` : `?${json}`;
}
