/** A name as an SQLite identifier, safe whatever it contains. The one place where sqlift quotes for SQLite. */ "use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "quoteName", {
    enumerable: true,
    get: function() {
        return quoteName;
    }
});
function quoteName(name) {
    return `"${name.replaceAll('"', '""')}"`;
}
