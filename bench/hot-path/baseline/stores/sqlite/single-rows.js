"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "SingleRows", {
    enumerable: true,
    get: function() {
        return SingleRows;
    }
});
const _checkshape = require("./check-shape");
const _failures = require("./failures");
const _shapesql = require("./shape-sql");
class SingleRows {
    db;
    table;
    select;
    /** By the columns that are left out of them. */ #statements = new Map();
    /** @param select SQL of one row with these cells, by the rowid as its parameter; whether the plan's condition counts */ constructor(db, table, select){
        this.db = db;
        this.table = table;
        this.select = select;
    }
    /** @throws SqliftError PlanInvalid when the condition itself fails; the driver's error for everything else */ read(id) {
        try {
            return {
                values: this.#statement([]).get(id),
                failing: []
            };
        } catch (error) {
            if ((0, _failures.codeOf)(error) !== 'SQLITE_ERROR') throw error;
        }
        const failing = this.#failingIn(id);
        try {
            return {
                values: this.#statement(failing).get(id),
                failing
            };
        } catch (error) {
            if ((0, _failures.codeOf)(error) !== 'SQLITE_ERROR') throw error;
            throw (0, _checkshape.expressionFailure)(this.table, undefined, error.message);
        }
    }
    #failingIn(id) {
        return [
            ...this.table.columns.entries()
        ].flatMap(([position, column])=>{
            if (column.value === undefined) return [];
            try {
                this.db.prepare(this.select([
                    (0, _shapesql.cellSql)(column)
                ], false)).get(id);
                return [];
            } catch (error) {
                if ((0, _failures.codeOf)(error) !== 'SQLITE_ERROR') throw error;
                return [
                    position
                ];
            }
        });
    }
    #statement(failing) {
        const key = failing.join();
        let statement = this.#statements.get(key);
        if (statement === undefined) {
            const cells = this.table.columns.map((column, i)=>failing.includes(i) ? 'NULL' : (0, _shapesql.cellSql)(column));
            statement = this.db.prepare(this.select(cells, true)).raw();
            this.#statements.set(key, statement);
        }
        return statement;
    }
}
