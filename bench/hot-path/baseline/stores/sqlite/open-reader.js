"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "openReader", {
    enumerable: true,
    get: function() {
        return openReader;
    }
});
const _shape = require("../../core/shape");
const _pagereader = require("./page-reader");
const _statementreader = require("./statement-reader");
function openReader({ path, catalog, table, db }) {
    // SQLite computes what a plan adds to a table. Records have their cells by position: a table whose columns are not all asked for is read by name.
    const whole = catalog.tables.find(({ name })=>name === table.name);
    const all = whole?.columns.length === table.columns.length;
    return all && !(0, _shape.isShaped)(table) && _pagereader.PageReader.reads(catalog, table) ? new _pagereader.PageReader(path, table, db) : new _statementreader.StatementReader(path, catalog, table);
}
