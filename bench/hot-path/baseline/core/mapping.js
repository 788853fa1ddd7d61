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
    get loadedColumns () {
        return loadedColumns;
    },
    get parseType () {
        return parseType;
    },
    get typeSql () {
        return typeSql;
    }
});
function loadedColumns({ columns }) {
    return columns.filter(({ generated })=>generated === undefined).map(({ target })=>target);
}
function parseType(text) {
    const [, name, first, second] = /^([a-z ]+)(?:\((\d+)(?:,(\d+))?\))?$/.exec(text);
    if (name === 'varchar') return {
        name,
        length: Number(first)
    };
    if (name === 'numeric' && first !== undefined) return {
        name,
        precision: Number(first),
        scale: Number(second ?? 0)
    };
    return {
        name: name
    };
}
function typeSql(type) {
    if (type.length !== undefined) return `${type.name}(${type.length})`;
    if (type.precision !== undefined) return `${type.name}(${type.precision},${type.scale})`;
    return type.name;
}
