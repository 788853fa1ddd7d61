"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "fieldKind", {
    enumerable: true,
    get: function() {
        return fieldKind;
    }
});
function fieldKind(column) {
    const { type, format, ifNull, value, key, timeZone } = column;
    if (ifNull !== undefined || value !== undefined || key !== undefined || timeZone !== undefined) return 'meaning';
    switch(type.name){
        case 'bigint':
        case 'integer':
        case 'smallint':
        case 'boolean':
            return type.name;
        case 'double precision':
            return 'double';
        case 'text':
        case 'json':
            return 'text';
        case 'bytea':
            return 'bytes';
        case 'date':
            return format === undefined || format === 'iso' ? 'date' : 'meaning';
        case 'timestamp':
        case 'timestamptz':
            return format === undefined || format === 'iso' ? 'timestamp' : 'meaning';
        default:
            return 'meaning';
    }
}
