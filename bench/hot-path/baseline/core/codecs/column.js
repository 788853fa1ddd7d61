"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "compileCodec", {
    enumerable: true,
    get: function() {
        return compileCodec;
    }
});
const _epochs = require("./epochs");
const _keys = require("./keys");
const _numbers = require("./numbers");
const _texts = require("./texts");
const _times = require("./times");
function compileCodec(column, checkText = true) {
    const { type, format } = column;
    switch(type.name){
        case 'bigint':
        case 'integer':
        case 'smallint':
            return _numbers.INTEGER_CODECS[type.name];
        case 'double precision':
            return _numbers.doubleCodec;
        case 'numeric':
            return (0, _numbers.numericCodec)(type);
        case 'boolean':
            return _numbers.booleanCodec;
        case 'text':
        case 'varchar':
            return (0, _texts.textCodec)(column.affinity, type.length, checkText);
        case 'bytea':
            return _texts.byteaCodec;
        case 'uuid':
            return column.key === undefined ? _texts.uuidCodec : (0, _keys.keyCodec)(column.key);
        case 'date':
            return format === 'yyyymmdd' ? _times.yyyymmddCodec : _times.dateCodec;
        case 'timestamp':
        case 'timestamptz':
            return format === undefined || format === 'iso' ? (0, _times.isoCodec)(type.name === 'timestamptz', column.timeZone) : (0, _epochs.epochCodec)(format);
        case 'json':
            return (0, _texts.jsonCodec)(false);
        case 'jsonb':
            return format === 'tagged' ? _texts.taggedCodec : (0, _texts.jsonCodec)(true);
    }
}
