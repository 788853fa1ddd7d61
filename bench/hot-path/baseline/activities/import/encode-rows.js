"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "rowVisitor", {
    enumerable: true,
    get: function() {
        return rowVisitor;
    }
});
const _row = require("../../core/codecs/row");
const _refusedrows = require("../../core/refused-rows");
function rowVisitor(mapping, out, refusals, checkText = true) {
    const encode = (0, _row.compileRow)(mapping.columns, {
        checkText
    });
    const refusal = (0, _refusedrows.rowRefusal)(mapping.origin);
    let number = 0;
    return {
        visit (row) {
            if (refusals.size === 0 || !refusals.has(number)) {
                const reason = refusal(row);
                const refused = reason === undefined ? encode(row, out) : undefined;
                if (reason !== undefined) refusals.set(number, {
                    reason
                });
                else if (refused !== undefined) refusals.set(number, {
                    column: refused.column,
                    reason: refused.reason
                });
            }
            number += 1;
        },
        count: ()=>number
    };
}
