"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "PageReader", {
    enumerable: true,
    get: function() {
        return PageReader;
    }
});
const _errors = require("../../core/errors");
const _failures = require("./failures");
const _names = require("./names");
const _open = require("./open");
const _overflow = require("./overflow");
const _pagerow = require("./page-row");
const _pages = require("./pages");
const _position = require("./position");
const _record = require("./record");
const _scratch = require("./scratch");
const _sparecells = require("./spare-cells");
const _tablechunks = require("./table-chunks");
const _tabletree = require("./table-tree");
class PageReader {
    table;
    kind = 'pages';
    columns;
    #file;
    #window;
    #overflow;
    #spare;
    #row;
    #given;
    #own;
    /** Whether it knows how to read all columns of a table. */ static reads(catalog, table) {
        return table.kind === 'rowid' && catalog.encoding === 'UTF-8' && rowidAddress(table) !== undefined && !table.columns.some((column)=>column.generated === 'virtual');
    }
    /**
   * @param db a connection to the same file, for what only SQLite knows; without it one is opened when it is needed
   * @throws SqliftError SourceNotSqlite, SourceCorrupt, SourceUnreadable, SourceMissing
   */ constructor(path, table, db){
        this.table = table;
        this.columns = table.columns.map((column)=>column.name);
        this.#file = new _pages.PageFile(path, table.name);
        this.#spare = new _sparecells.SpareCells(path, table, (column, rowid)=>this.#askSqlite(column, rowid));
        this.#window = new _pages.PageWindow(this.#file, this.#spare.bytes);
        this.#overflow = new _overflow.Overflow(this.#file, this.#spare.bytes, this.#window);
        this.#row = new _pagerow.PageRow(this.#window.bytes, this.columns.length);
        this.#given = db;
    }
    scan(visit, range) {
        for (const _ of this.#pieces(visit, (0, _position.startOf)(range, true), Infinity));
    }
    *batches(visit, range, bytes = 1 << 20) {
        yield* this.#pieces(visit, (0, _position.startOf)(range, false), bytes);
    }
    chunks(targetBytes) {
        return (0, _tablechunks.tableChunks)(this.#file, this.table.rootPage, targetBytes);
    }
    close() {
        this.#file.close();
        this.#own?.close();
        this.#own = undefined;
    }
    /** Yields the bytes read so far, each time that about `bytes` have come together and at the end. */ *#pieces(visit, position, bytes) {
        let due = bytes;
        for (const group of (0, _tabletree.leafGroups)(this.#file, this.table.rootPage, position)){
            for(let leaf = 0; leaf < group.pages.length && !position.ended; leaf++){
                for(let cell = 0; cell >= 0;){
                    cell = this.#visitLeaf(group, leaf, cell, due, position, visit);
                    if (position.bytes < due) continue;
                    due = position.bytes + bytes;
                    yield position.bytes;
                }
            }
            if (position.ended) break;
        }
        if (position.bytes + bytes > due) yield position.bytes;
    }
    /**
   * Visits the rows of a leaf from cell number `first` on.
   * @param due stop behind the first row with overflow pages that brings the bytes read to this
   * @returns the number of the cell to go on with, -1 when the leaf or the range is done
   */ #visitLeaf(group, leaf, first, due, position, visit) {
        const file = this.#file;
        const row = this.#row;
        const spare = this.#spare;
        const { serials, starts } = row;
        const { maxLocal } = file;
        const page = group.pages[leaf];
        const partial = group.partial[leaf] || position.ordinal;
        const offset = this.#window.locate(group.pages, leaf);
        const { bytes, view } = this.#window;
        const header = offset + (0, _tabletree.headerOffset)(page);
        const end = offset + file.usable;
        const count = bytes[header + 3] << 8 | bytes[header + 4];
        const pointers = header + 8;
        const pointersEnd = pointers + 2 * count;
        if (bytes[header] !== _tabletree.LEAF) throw file.corrupt(page, `its type is ${bytes[header]}`);
        if (pointersEnd > end || count === 0 && page !== this.table.rootPage) throw file.corrupt(page, `it claims ${count} rows`);
        if (first === 0) position.bytes += file.pageSize;
        let { high: lastHigh, low: lastLow } = position;
        for(let i = first; i < count; i++){
            const pointer = pointers + 2 * i;
            let at = offset + (bytes[pointer] << 8 | bytes[pointer + 1]);
            if (at < pointersEnd || at + 4 > end) throw file.corrupt(page, 'a row lies outside of it');
            let payload = bytes[at++];
            if (payload > 127) {
                const second = bytes[at];
                if (second < 128) {
                    payload = (payload & 127) << 7 | second;
                    at += 1;
                } else {
                    payload = (0, _record.varint)(bytes, at - 1);
                    at += (0, _record.varintLength)(bytes, at - 1) - 1;
                }
            }
            // Rowids of up to three bytes without the loop.
            let high = 0;
            let low = bytes[at];
            if (low < 128) at += 1;
            else if (bytes[at + 1] < 128) {
                low = (low & 127) << 7 | bytes[at + 1];
                at += 2;
            } else if (bytes[at + 2] < 128) {
                low = (low & 127) << 14 | (bytes[at + 1] & 127) << 7 | bytes[at + 2];
                at += 3;
            } else {
                at = (0, _pagerow.readRowid)(bytes, at, row);
                high = row.rowidHigh;
                low = row.rowidLow;
            }
            if (high < lastHigh || high === lastHigh && low <= lastLow) throw file.corrupt(page, 'its rows are not in key order');
            lastHigh = high;
            lastLow = low;
            row.rowidHigh = high;
            row.rowidLow = low;
            if (partial) {
                const place = placeOf((0, _pagerow.joinHalves)(high, low), position);
                if (place === 'before') continue;
                if (place === 'behind') break;
            }
            let start = at;
            if (payload <= maxLocal) {
                if (at + payload > end) throw file.corrupt(page, 'a row does not fit in it');
                row.bytes = bytes;
                row.view = view;
            } else {
                position.bytes += this.#joinOverflow(page, at, end, payload);
                start = spare.bytes;
                row.bytes = this.#overflow.bytes;
                row.view = this.#overflow.view;
            }
            const found = (0, _record.decodeRecord)(row.bytes, start, start + payload, serials, starts);
            if (found < 0) throw file.corrupt(page, 'a row is malformed');
            spare.complete(row, found);
            if (visit(row) === true && position.stoppable) {
                position.ended = true;
                return -1;
            }
            if (payload > maxLocal && position.bytes >= due && i + 1 < count) {
                position.high = high;
                position.low = low;
                return i + 1;
            }
        }
        position.high = lastHigh;
        position.low = lastLow;
        return -1;
    }
    /** @returns bytes read from overflow pages */ #joinOverflow(page, at, end, payload) {
        const file = this.#file;
        if (!file.canHold(payload)) throw file.corrupt(page, 'a row is longer than the file');
        const local = file.localBytes(payload);
        if (at + local + 4 > end) throw file.corrupt(page, 'a row does not fit in it');
        this.#overflow.join(page, at, local, payload);
        return payload - local;
    }
    /** What a column that the record does not hold is in this row: SQLite knows the default's affinity and all. */ #askSqlite(column, rowid) {
        const { path } = this.#file;
        const table = this.table.name;
        const name = (0, _names.quoteName)(this.columns[column]);
        const where = `${(0, _names.quoteName)(rowidAddress(this.table))} = ?`;
        const sql = `SELECT typeof(${name}) AS class, ${name} AS value, CAST(${name} AS BLOB) AS bytes FROM ${(0, _names.quoteName)(table)} WHERE ${where}`;
        let row;
        try {
            const db = this.#given ?? (this.#own ??= (0, _open.openSqlite)(path));
            row = db.prepare(sql).safeIntegers(true).get(rowid);
        } catch (error) {
            throw (0, _failures.sourceFailure)(error, path);
        }
        if (row === undefined) {
            throw new _errors.SqliftError('SourceCorrupt', `${path}: a row of table ${table} is not where its tree says`, {
                file: path,
                table
            });
        }
        return row.class === 'text' || row.class === 'blob' ? (0, _scratch.cellOf)(row.bytes, row.class === 'text') : (0, _scratch.cellOf)(row.value, false);
    }
}
/** A name under which SQL finds a row by its rowid. */ function rowidAddress(table) {
    return table.rowidName ?? table.rowidAlias;
}
/** Where a row of a leaf that is not wholly in the range is; counts the rows of an ordinal range, and ends the scan behind it. */ function placeOf(rowid, position) {
    if (position.after !== null && rowid <= position.after) return 'before';
    if (position.ordinal && position.skip > 0) {
        position.skip -= 1;
        return 'before';
    }
    if (position.upTo !== null && rowid > position.upTo || position.ordinal && position.left === 0) {
        position.ended = true;
        return 'behind';
    }
    position.left -= 1;
    return 'in';
}
