"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "rowRefusal", {
    enumerable: true,
    get: function() {
        return rowRefusal;
    }
});
const _row = require("./row");
function rowRefusal(table) {
    const { refusals } = table;
    if (refusals === undefined) return ()=>undefined;
    const index = table.columns.findIndex(({ name })=>name === refusals.reason);
    return (row)=>row.serials[index] === 0 ? undefined : (0, _row.textAt)(row, index);
}
