"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "TableCensus", {
    enumerable: true,
    get: function() {
        return TableCensus;
    }
});
const _columncensus = require("./column-census");
const _refusedrows = require("./refused-rows");
class TableCensus {
    #table;
    #columns;
    #refusal;
    #refused = new Map();
    #rows = 0;
    constructor(table){
        this.#table = table;
        this.#refusal = (0, _refusedrows.rowRefusal)(table);
        const key = table.primaryKey.map((name)=>table.columns.findIndex((column)=>column.name === name));
        this.#columns = table.columns.map((column, index)=>new _columncensus.ColumnCensus(column, index, key));
    }
    /** Takes in one row. The view may be reused afterwards. */ add(row) {
        this.#rows += 1;
        const refusal = this.#refusal(row);
        if (refusal !== undefined) {
            // What it holds says nothing of the others.
            this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
            return;
        }
        const columns = this.#columns;
        for(let i = 0; i < columns.length; i++)columns[i].add(row);
    }
    /** What was found so far. */ result() {
        return {
            table: this.#table.name,
            rows: this.#rows,
            ...this.#refused.size > 0 && {
                refused: Object.fromEntries([
                    ...this.#refused
                ].sort(([a], [b])=>a < b ? -1 : 1))
            },
            columns: this.#columns.map((column)=>column.result())
        };
    }
}
