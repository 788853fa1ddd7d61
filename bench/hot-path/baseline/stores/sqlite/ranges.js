/** A bound of a rowid range as a number. */ "use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "parseBound", {
    enumerable: true,
    get: function() {
        return parseBound;
    }
});
function parseBound(bound) {
    return bound === null ? null : BigInt(bound);
}
