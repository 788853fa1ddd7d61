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
    get isShaped () {
        return isShaped;
    },
    get shapeTable () {
        return shapeTable;
    }
});
function shapeTable(table, { where, columns }) {
    const computed = Object.entries(columns).flatMap(([name, { value }])=>// What an expression gives has no affinity: it is of the storage class that it is of.
        value === undefined ? [] : [
            {
                name,
                declared: '',
                affinity: 'blob',
                notNull: false,
                value
            }
        ]);
    if (where === undefined && computed.length === 0) return table;
    // Of a document that could not be read nobody knows whether it meets the condition.
    const unread = table.refusals === undefined ? '' : ` OR "${table.refusals.reason}" IS NOT NULL`;
    const condition = where === undefined || unread === '' ? where : `(${where})${unread}`;
    return {
        ...table,
        columns: [
            ...table.columns,
            ...computed
        ],
        ...condition !== undefined && {
            where: condition
        }
    };
}
function isShaped({ where, columns }) {
    return where !== undefined || columns.some(({ value })=>value !== undefined);
}
