"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "startOf", {
    enumerable: true,
    get: function() {
        return startOf;
    }
});
const _ranges = require("./ranges");
function startOf(range, stoppable) {
    const rowids = range?.kind === 'rowid' ? range : {
        after: null,
        upTo: null
    };
    const ordinals = range?.kind === 'ordinal' ? range : {
        offset: 0,
        count: 0
    };
    return {
        after: (0, _ranges.parseBound)(rowids.after),
        upTo: (0, _ranges.parseBound)(rowids.upTo),
        ordinal: range?.kind === 'ordinal',
        skip: ordinals.offset,
        left: ordinals.count,
        stoppable,
        // Below the smallest rowid.
        high: -(2 ** 31),
        low: -1,
        bytes: 0,
        ended: false
    };
}
