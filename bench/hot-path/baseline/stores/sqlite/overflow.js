"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "Overflow", {
    enumerable: true,
    get: function() {
        return Overflow;
    }
});
const _row = require("../../core/row");
const _pages = require("./pages");
/** A buffer above this size is given back once its row has been seen. */ const KEPT_BYTES = 4 << 20;
class Overflow {
    /** The payload last put together, from `reserved` on; the bytes before it are the caller's. Another Buffer after `join`. */ bytes;
    view;
    #file;
    #reserved;
    #leaves;
    #pages;
    #ahead = 1;
    #expected = 0;
    /** @param leaves the window that leaves are read into: it often holds their overflow pages, too */ constructor(file, reserved, leaves){
        this.#file = file;
        this.#reserved = reserved;
        this.#leaves = leaves;
        this.#pages = new _pages.PageWindow(file);
        this.bytes = Buffer.allocUnsafeSlow(reserved + file.pageSize);
        this.view = (0, _row.viewOf)(this.bytes);
    }
    /**
   * Copies a payload: `local` bytes at `at` in the window of leaves, the rest from the chain whose first page stands behind them.
   * @throws SqliftError SourceCorrupt, naming the page
   */ join(leaf, at, local, payload) {
        const file = this.#file;
        const { bytes: source } = this.#leaves;
        this.#makeRoom(this.#reserved + payload);
        const target = this.bytes;
        source.copy(target, this.#reserved, at, at + local);
        let page = source.readUInt32BE(at + local);
        let from = leaf;
        let done = local;
        while(done < payload){
            if (page < 2 || page > file.pageCount) throw file.corrupt(from, `its next overflow page is ${page}`);
            const left = payload - done;
            const { bytes, offset } = this.#locate(page, Math.ceil(left / (file.usable - 4)));
            const take = Math.min(left, file.usable - 4);
            bytes.copy(target, this.#reserved + done, offset + 4, offset + 4 + take);
            done += take;
            from = page;
            page = bytes.readUInt32BE(offset);
        }
    }
    #makeRoom(bytes) {
        const enough = this.bytes.length >= bytes;
        if (enough && (this.bytes.length <= KEPT_BYTES || bytes > KEPT_BYTES)) return;
        this.bytes = Buffer.allocUnsafeSlow(bytes > KEPT_BYTES ? bytes : Math.min(bytes * 2, KEPT_BYTES));
        this.view = (0, _row.viewOf)(this.bytes);
    }
    #locate(page, left) {
        const inLeaves = this.#leaves.find(page);
        if (inLeaves >= 0) return {
            bytes: this.#leaves.bytes,
            offset: inLeaves
        };
        let offset = this.#pages.find(page);
        if (offset < 0) {
            this.#ahead = page === this.#expected ? this.#ahead * 2 : 1;
            const count = Math.min(this.#ahead, left);
            offset = this.#pages.load(page, count);
            this.#expected = page + count;
        }
        return {
            bytes: this.#pages.bytes,
            offset
        };
    }
}
