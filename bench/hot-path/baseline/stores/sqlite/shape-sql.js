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
    get cellSql () {
        return cellSql;
    },
    get conditionSql () {
        return conditionSql;
    }
});
const _names = require("./names");
function cellSql({ name, value }) {
    return value === undefined ? (0, _names.quoteName)(name) : `(${value}\n)`;
}
function conditionSql(where) {
    return `CASE WHEN (${where}\n) THEN 1 END`;
}
