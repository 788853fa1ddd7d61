"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "StatementReader", {
    enumerable: true,
    get: function() {
        return StatementReader;
    }
});
const _errors = require("../../core/errors");
const _row = require("../../core/row");
const _failures = require("./failures");
const _names = require("./names");
const _open = require("./open");
const _pages = require("./pages");
const _ranges = require("./ranges");
const _checkshape = require("./check-shape");
const _scratch = require("./scratch");
const _shapesql = require("./shape-sql");
const _singlerows = require("./single-rows");
const _tablechunks = require("./table-chunks");
const _utf16 = require("./utf16");
/** Letters of `typeof()`: only text and blob must be told apart, but the rest is as cheap. */ const TEXT = 't'.charCodeAt(0);
/** A plan's expression fails in some row of a table with rowids: the others can still be read. */ class RowFailed extends Error {
}
class StatementReader {
    table;
    kind = 'statement';
    columns;
    #path;
    #encoding;
    #rowid;
    #open = new Set();
    #connection;
    constructor(path, catalog, table){
        this.table = table;
        this.columns = table.columns.map((column)=>column.name);
        this.#path = path;
        this.#encoding = catalog.encoding;
        this.#rowid = table.kind === 'rowid' ? table.rowidName ?? table.rowidAlias : undefined;
    }
    scan(visit, range) {
        for (const row of this.#rows(range))if (visit(row) === true) return;
    }
    *batches(visit, range, bytes = 1 << 20) {
        let done = 0;
        let yielded = 0;
        for (const row of this.#rows(range)){
            done += row.length;
            visit(row);
            if (done < yielded + bytes) continue;
            yielded = done;
            yield done;
        }
        if (done > yielded || yielded === 0) yield done;
    }
    chunks(targetBytes) {
        return this.#rowid === undefined ? this.#ordinalChunks(targetBytes) : this.#rowidChunks(targetBytes);
    }
    close() {
        for (const rows of this.#open)rows.return?.();
        this.#connection?.close();
        this.#connection = undefined;
    }
    *#rows(range) {
        const { sql, bounds } = this.#query(range);
        const row = new _scratch.ScratchRow(this.columns.length);
        let last;
        try {
            for (const values of this.#iterate((db)=>db.prepare(sql).raw(), bounds)){
                this.#put(row, values);
                last = row.rowid;
                yield row;
            }
        } catch (error) {
            if (!(error instanceof RowFailed)) throw error;
            yield* this.#oneByOne(row, range, last);
        }
    }
    #put(row, values) {
        const classes = values[values.length - 1];
        const cells = values;
        const encoding = this.#encoding;
        const isText = (column)=>classes.charCodeAt(column) === TEXT;
        if (encoding !== 'UTF-8') {
            for(let i = 0; i < this.columns.length; i++)if (isText(i)) cells[i] = (0, _utf16.utf16ToUtf8)(cells[i], encoding);
        }
        row.put(cells, isText);
        if (this.#rowid !== undefined) row.rowid = cells[this.columns.length];
    }
    /** Goes on behind a row with a statement for each, so that a row in which an expression fails is told from the others. */ *#oneByOne(row, range, last) {
        const { upTo = null, after = null } = range?.kind === 'rowid' ? range : {};
        const rowid = (0, _names.quoteName)(this.#rowid);
        const { limits, bounds } = this.#limits({
            kind: 'rowid',
            after: last === undefined ? after : String(last),
            upTo
        });
        const ids = `SELECT ${rowid} FROM ${this.#from()}${whereSql(limits)} ORDER BY ${rowid}`;
        const single = new _singlerows.SingleRows(this.#db(), this.table, (cells, conditions)=>{
            const where = whereSql([
                `${rowid} = ?`,
                ...conditions ? this.#conditions() : []
            ]);
            return `SELECT ${this.#list(cells)} FROM ${this.#from()}${where}`;
        });
        for (const id of this.#iterate((db)=>db.prepare(ids).pluck(), bounds)){
            const { values, failing } = this.#attempt(()=>single.read(id));
            if (values === undefined) continue;
            this.#put(row, values);
            for (const column of failing)row.serials[column] = _row.NOT_COMPUTABLE;
            yield row;
        }
    }
    #query(range) {
        const { limits, bounds } = this.#limits(range);
        let tail = this.#rowid === undefined ? '' : ` ORDER BY ${(0, _names.quoteName)(this.#rowid)}`;
        if (range?.kind === 'ordinal') {
            tail += ' LIMIT ? OFFSET ?';
            bounds.push(BigInt(range.count), BigInt(range.offset));
        }
        const conditions = [
            ...limits,
            ...this.#conditions()
        ];
        const list = this.#list(this.table.columns.map(_shapesql.cellSql));
        return {
            sql: `SELECT ${list} FROM ${this.#from()}${whereSql(conditions)}${tail}`,
            bounds
        };
    }
    /** Cells with text as bytes, the rowid where there is one, and the letters of the cells' classes. */ #list(values) {
        const cells = values.map((cell)=>`CASE typeof(${cell}) WHEN 'text' THEN CAST(${cell} AS BLOB) ELSE ${cell} END`);
        if (this.#rowid !== undefined) cells.push((0, _names.quoteName)(this.#rowid));
        const classes = balanced(values.map((cell)=>`substr(typeof(${cell}), 1, 1)`), '||');
        return `${cells.join(', ')}, ${classes}`;
    }
    #limits(range) {
        const limits = [];
        const bounds = [];
        if (range?.kind !== 'rowid') return {
            limits,
            bounds
        };
        if (this.#rowid === undefined) throw new _errors.SqliftError('Internal', `table ${this.table.name} has no rowids to cut it by`, {
            table: this.table.name
        });
        for (const [bound, sign] of [
            [
                range.after,
                '>'
            ],
            [
                range.upTo,
                '<='
            ]
        ]){
            if (bound === null) continue;
            limits.push(`${(0, _names.quoteName)(this.#rowid)} ${sign} ?`);
            bounds.push((0, _ranges.parseBound)(bound));
        }
        return {
            limits,
            bounds
        };
    }
    #conditions() {
        return this.table.where === undefined ? [] : [
            (0, _shapesql.conditionSql)(this.table.where)
        ];
    }
    /**
   * An index that holds all columns must not be read instead of the table: the order would be the index's. The tree of a
   * WITHOUT ROWID table counts as an index, and NOT INDEXED does not keep SQLite from taking another.
   */ #from() {
        const { name, kind, indexes } = this.table;
        if (kind === 'virtual') return (0, _names.quoteName)(name);
        const tree = kind === 'without rowid' ? indexes.find(({ origin })=>origin === 'pk') : undefined;
        return (0, _names.quoteName)(name) + (tree === undefined ? ' NOT INDEXED' : ` INDEXED BY ${(0, _names.quoteName)(tree.name)}`);
    }
    #rowidChunks(targetBytes) {
        const file = new _pages.PageFile(this.#path, this.table.name);
        try {
            return (0, _tablechunks.tableChunks)(file, this.table.rootPage, targetBytes);
        } finally{
            file.close();
        }
    }
    #ordinalChunks(targetBytes) {
        // An estimate of a row: a length for each cell, and the lengths of those that have any.
        const sizes = this.table.columns.map((column)=>`ifnull(octet_length(${(0, _shapesql.cellSql)(column)}), 0)`);
        const sql = `SELECT ${balanced(sizes, '+')} FROM ${this.#from()}${whereSql(this.#conditions())}`;
        const chunks = [];
        let offset = 0;
        let count = 0;
        let bytes = 0;
        const cut = ()=>{
            chunks.push({
                number: chunks.length,
                range: {
                    kind: 'ordinal',
                    offset,
                    count
                },
                bytes
            });
            offset += count;
            count = 0;
            bytes = 0;
        };
        for (const size of this.#iterate((db)=>db.prepare(sql).pluck().safeIntegers(false), [])){
            count += 1;
            bytes += size + this.columns.length;
            if (bytes >= targetBytes) cut();
        }
        if (count > 0 || chunks.length === 0) cut();
        return chunks;
    }
    *#iterate(prepare, bounds) {
        let rows;
        try {
            rows = this.#attempt(()=>prepare(this.#db()).iterate(...bounds));
            this.#open.add(rows);
            for(;;){
                const next = this.#attempt(()=>rows.next());
                if (next.done === true) return;
                yield next.value;
            }
        } finally{
            if (rows !== undefined) {
                rows.return?.();
                this.#open.delete(rows);
            }
        }
    }
    #attempt(action) {
        try {
            return action();
        } catch (error) {
            if (error instanceof _errors.SqliftError) throw error;
            if ((0, _failures.codeOf)(error) !== 'SQLITE_ERROR') throw this.#about((0, _failures.sourceFailure)(error, this.#path));
            const canGoOn = this.#rowid !== undefined && this.table.columns.some(({ value })=>value !== undefined);
            throw canGoOn ? new RowFailed() : this.#notComputable(error);
        }
    }
    #about(failure) {
        const place = {
            ...failure.place,
            table: this.table.name
        };
        return new _errors.SqliftError(failure.code, `table ${this.table.name}: ${failure.message}`, place, {
            cause: failure.cause
        });
    }
    /** Something that the schema mentions is missing or fails. Which column it is shows when each is read by itself. */ #notComputable(cause) {
        const { name } = this.table;
        const place = {
            file: this.#path,
            table: name
        };
        // Not even without any column: for example, the tree is sorted by a collation of the application.
        if (this.#fails('1')) return new _errors.SqliftError('SourceNotComputable', `table ${name} cannot be read by SQLite alone`, place, {
            cause
        });
        const column = this.table.columns.find((candidate)=>this.#fails(`typeof(${(0, _shapesql.cellSql)(candidate)})`));
        if (column?.value !== undefined || column === undefined && this.table.where !== undefined) return (0, _checkshape.expressionFailure)(this.table, column?.name, cause.message);
        const field = column?.name;
        if (field === undefined) return new _errors.SqliftError('Internal', `reading table ${name} failed`, place, {
            cause
        });
        return new _errors.SqliftError('SourceNotComputable', `column ${field} of table ${name} cannot be computed`, {
            ...place,
            field
        }, {
            cause
        });
    }
    #fails(expression) {
        try {
            for (const _ of this.#db().prepare(`SELECT ${expression} FROM ${this.#from()}`).iterate());
            return false;
        } catch (error) {
            return (0, _failures.codeOf)(error) === 'SQLITE_ERROR';
        }
    }
    #db() {
        return this.#connection ??= (0, _open.openSqlite)(this.#path);
    }
}
function whereSql(conditions) {
    return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}
/** Joins many terms so that the expression stays flat: SQLite allows no more than a thousand levels. */ function balanced(terms, operator) {
    if (terms.length <= 1) return terms[0] ?? `''`;
    const middle = terms.length >> 1;
    return `(${balanced(terms.slice(0, middle), operator)} ${operator} ${balanced(terms.slice(middle), operator)})`;
}
