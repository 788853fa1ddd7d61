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
    get PageFile () {
        return PageFile;
    },
    get PageWindow () {
        return PageWindow;
    }
});
const _nodefs = require("node:fs");
const _errors = require("../../core/errors");
const _failures = require("./failures");
const _row = require("../../core/row");
/** Size of a read: large enough that the system call does not count, small enough for the processor's cache. */ const WINDOW_BYTES = 1 << 20;
/** Pages between two wanted ones are read along when they are no more bytes than this. */ const GAP_BYTES = 32 << 10;
const MAX_PAYLOAD = 2 ** 31 - 1;
const MAGIC = 'SQLite format 3\0';
class PageFile {
    path;
    table;
    pageSize;
    /** Bytes of a page that SQLite uses: the page without the reserved bytes at its end. */ usable;
    pageCount;
    /** The largest payload that a table leaf holds without overflow pages. */ maxLocal;
    #fd;
    /** @throws SqliftError SourceNotSqlite, SourceCorrupt, SourceUnreadable, SourceMissing */ constructor(path, table){
        this.path = path;
        this.table = table;
        this.#fd = attempt(path, ()=>(0, _nodefs.openSync)(path, 'r'));
        try {
            const header = Buffer.alloc(100);
            const got = attempt(path, ()=>(0, _nodefs.readSync)(this.#fd, header, 0, 100, 0));
            if (got < 100 || header.toString('latin1', 0, 16) !== MAGIC) {
                throw new _errors.SqliftError('SourceNotSqlite', `${path} is not an SQLite database`, {
                    file: path
                });
            }
            const size = header.readUInt16BE(16);
            this.pageSize = size === 1 ? 65_536 : size;
            this.usable = this.pageSize - header[20];
            if (this.pageSize < 512 || (this.pageSize & this.pageSize - 1) !== 0 || this.usable < 480) {
                throw this.corrupt(1, 'the page size in its header is impossible');
            }
            this.pageCount = Math.floor((0, _nodefs.fstatSync)(this.#fd).size / this.pageSize);
            this.maxLocal = this.usable - 35;
        } catch (error) {
            (0, _nodefs.closeSync)(this.#fd);
            throw error;
        }
    }
    /** Bytes of a payload (of a table leaf) that are in the cell itself; the rest is on overflow pages. */ localBytes(payload) {
        if (payload <= this.maxLocal) return payload;
        const minLocal = Math.floor((this.usable - 12) * 32 / 255) - 23;
        const local = minLocal + (payload - minLocal) % (this.usable - 4);
        return local <= this.maxLocal ? local : minLocal;
    }
    /** Can the file hold a payload of this size? Keeps a damaged length from claiming memory. */ canHold(payload) {
        return payload <= MAX_PAYLOAD && payload <= this.pageCount * this.usable;
    }
    /**
   * Reads `count` pages to offset `at` of `into`.
   * @throws SqliftError SourceCorrupt when they are not in the file
   */ read(page, count, into, at) {
        if (!(page >= 1 && page + count - 1 <= this.pageCount)) throw this.corrupt(page, 'it is not in the file');
        const bytes = count * this.pageSize;
        let done = 0;
        while(done < bytes){
            const position = (page - 1) * this.pageSize + done;
            const got = attempt(this.path, ()=>(0, _nodefs.readSync)(this.#fd, into, at + done, bytes - done, position));
            if (got === 0) throw this.corrupt(page, 'the file ends before it');
            done += got;
        }
    }
    /** The error to throw about a page. */ corrupt(page, what) {
        return new _errors.SqliftError('SourceCorrupt', `${this.path}: page ${page}, of table ${this.table}, is damaged: ${what}`, {
            file: this.path,
            table: this.table
        });
    }
    close() {
        (0, _nodefs.closeSync)(this.#fd);
    }
}
class PageWindow {
    bytes;
    view;
    #file;
    #reserved;
    #capacity;
    #maxStep;
    #first = 0;
    #count = 0;
    constructor(file, reserved = 0){
        this.#file = file;
        this.#reserved = reserved;
        this.#capacity = WINDOW_BYTES / file.pageSize;
        this.#maxStep = Math.max(1, Math.floor(GAP_BYTES / file.pageSize));
        this.bytes = Buffer.allocUnsafeSlow(reserved + WINDOW_BYTES);
        this.view = (0, _row.viewOf)(this.bytes);
    }
    /** Offset of a page in `bytes`, or -1 when it is not in the window. */ find(page) {
        const index = page - this.#first;
        return index >= 0 && index < this.#count ? this.#reserved + index * this.#file.pageSize : -1;
    }
    /** Offset of `pages[index]` in `bytes`; when it has to be read, so are those that follow in the list and are near by in the file. */ locate(pages, index) {
        const page = pages[index];
        const found = this.find(page);
        if (found >= 0) return found;
        let last = page;
        for(let i = index + 1; i < pages.length; i++){
            const next = pages[i];
            if (next <= last || next - last > this.#maxStep || next - page >= this.#capacity || next > this.#file.pageCount) break;
            last = next;
        }
        return this.load(page, last - page + 1);
    }
    /** Reads up to `count` pages, as many as the window and the file hold; the offset of the first in `bytes`. */ load(page, count) {
        this.#count = 0;
        const pages = Math.max(1, Math.min(count, this.#capacity, this.#file.pageCount - page + 1));
        this.#file.read(page, pages, this.bytes, this.#reserved);
        this.#first = page;
        this.#count = pages;
        return this.#reserved;
    }
}
function attempt(path, action) {
    try {
        return action();
    } catch (error) {
        throw (0, _failures.sourceFailure)(error, path);
    }
}
