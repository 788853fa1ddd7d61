"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "SpareCells", {
    enumerable: true,
    get: function() {
        return SpareCells;
    }
});
const _errors = require("../../core/errors");
class SpareCells {
    /** Bytes at the front of a buffer that the places take. */ bytes;
    #path;
    #table;
    #ask;
    /** Offset of each column's place. */ #offsets;
    #room;
    /** The rowid alias, -1 when there is none. */ #alias;
    /** Columns of REAL affinity. */ #reals;
    #defaults;
    /** @param ask what SQLite says that a column with a default is in a row whose record does not reach to it */ constructor(path, table, ask){
        const { columns } = table;
        this.#path = path;
        this.#table = table;
        this.#ask = ask;
        this.#offsets = new Int32Array(columns.length);
        this.#room = new Int32Array(columns.length);
        this.#alias = columns.findIndex((column)=>column.name === table.rowidAlias);
        this.#reals = Int32Array.from(columns.flatMap((column, index)=>column.affinity === 'real' ? [
                index
            ] : []));
        this.#defaults = columns.map(()=>undefined);
        let offset = 0;
        for (const [index, column] of columns.entries()){
            // ALTER TABLE takes constants only, and no constant is longer than its SQL text, except a number.
            this.#offsets[index] = offset;
            this.#room[index] = Math.max(8, Buffer.byteLength(column.default ?? ''));
            offset += this.#room[index];
        }
        this.bytes = offset;
    }
    /** @param found number of columns that the record of the row holds */ complete(row, found) {
        const { serials, starts, bytes, view } = row;
        if (found < serials.length) this.#putDefaults(row, found);
        const alias = this.#alias;
        if (alias >= 0) {
            const at = this.#offsets[alias];
            view.setInt32(at, row.rowidHigh);
            view.setUint32(at + 4, row.rowidLow);
            serials[alias] = 6;
            starts[alias] = at;
        }
        const reals = this.#reals;
        for(let i = 0; i < reals.length; i++){
            const column = reals[i];
            const serial = serials[column];
            if (serial === 7 || serial === 0 || serial > 9) continue;
            const at = this.#offsets[column];
            view.setFloat64(at, integerAsDouble(bytes, starts[column], serial));
            serials[column] = 7;
            starts[column] = at;
        }
    }
    #putDefaults({ serials, starts, bytes, rowid }, found) {
        for(let column = found; column < serials.length; column++){
            const cell = this.#defaults[column] ??= this.#defaultOf(column, rowid);
            const at = this.#offsets[column];
            // Always: the place may be that of a converted double, or in another buffer than last time.
            for(let i = 0; i < cell.bytes.length; i++)bytes[at + i] = cell.bytes[i];
            serials[column] = cell.serial;
            starts[column] = at;
        }
    }
    #defaultOf(column, rowid) {
        const { name, default: sql } = this.#table.columns[column];
        if (sql === undefined) return NULL;
        const cell = this.#ask(column, rowid);
        if (cell.bytes.length <= this.#room[column]) return cell;
        // SQLite has found another row than we have.
        throw new _errors.SqliftError('SourceCorrupt', `${this.#path}: a row of table ${this.#table.name} is not where its tree says`, {
            file: this.#path,
            table: this.#table.name,
            field: name
        });
    }
}
const NULL = {
    serial: 0,
    bytes: Buffer.alloc(0)
};
/** SQLite stores a REAL without a fraction as an integer of up to six bytes; a file may claim more. */ function integerAsDouble(bytes, at, serial) {
    switch(serial){
        case 1:
            return bytes.readInt8(at);
        case 2:
            return bytes.readInt16BE(at);
        case 3:
            return bytes.readIntBE(at, 3);
        case 4:
            return bytes.readInt32BE(at);
        case 5:
            return bytes.readIntBE(at, 6);
        case 6:
            return Number(bytes.readBigInt64BE(at));
        default:
            return serial - 8;
    }
}
