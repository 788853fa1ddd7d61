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
    get RowDigest () {
        return RowDigest;
    },
    get RowHash () {
        return RowHash;
    },
    get scramble () {
        return scramble;
    }
});
class RowDigest {
    /** Number of rows. */ count = 0;
    /** 32 bits each, signed: the engine keeps these without a box. */ #high = 0;
    #low = 0;
    /** A digest made elsewhere, from its parts. */ static from(count, hex) {
        const digest = new RowDigest();
        digest.count = count;
        digest.#high = Number.parseInt(hex.slice(0, 8), 16) | 0;
        digest.#low = Number.parseInt(hex.slice(8), 16) | 0;
        return digest;
    }
    /** Adds a row by its hash: 64 bits in two halves, signed or unsigned. */ add(hash) {
        this.count++;
        this.#plus(hash.high, hash.low);
    }
    /** Adds all rows of another digest. */ merge(other) {
        this.count += other.count;
        this.#plus(other.#high, other.#low);
    }
    #plus(high, low) {
        const sum = (this.#low >>> 0) + (low >>> 0);
        this.#low = sum | 0;
        this.#high = this.#high + (high | 0) + (sum > 0xffffffff ? 1 : 0) | 0;
    }
    equals(other) {
        return this.count === other.count && this.#low === other.#low && this.#high === other.#high;
    }
    /** The sum, 16 hexadecimal digits. */ get hex() {
        return (this.#high >>> 0).toString(16).padStart(8, '0') + (this.#low >>> 0).toString(16).padStart(8, '0');
    }
}
class RowHash {
    high = 0;
    low = 0;
    /** Hashes the cells in their order. Each goes in with its length first, so that `ab`,`c` and `a`,`bc` differ, and NULL differs from ''. */ of(cells) {
        let high = 0x9e3779b9 | 0;
        let low = 0x243f6a88 | 0;
        for(let i = 0; i < cells.length; i++){
            const cell = cells[i];
            const length = cell === null ? -1 : cell.length;
            high = Math.imul(high ^ length, 0x2c1b3c6d);
            low = Math.imul((low << 7 | low >>> 25) ^ length, 0x297a2d39);
            for(let j = 0; j < length; j++){
                const unit = cell.charCodeAt(j);
                high = Math.imul(high ^ unit, 0x2c1b3c6d);
                low = Math.imul((low << 7 | low >>> 25) ^ unit, 0x297a2d39);
            }
            // Multiplying carries upwards only: bring the upper halves down, each into the other.
            const carried = high >>> 15;
            high ^= low >>> 13;
            low ^= carried;
        }
        // Each half is changed by the other in turn, which can be undone: no information is lost here.
        high = scramble(high ^ Math.imul(low, 0x5bd1e995));
        low = scramble(low ^ Math.imul(high, 0x1b873593));
        this.high = (high ^ scramble(low)) >>> 0;
        this.low = low >>> 0;
    }
    /** The 64 bits as four code units, for maps. */ get key() {
        return String.fromCharCode(this.high >>> 16, this.high & 0xffff, this.low >>> 16, this.low & 0xffff);
    }
}
function scramble(value) {
    value = Math.imul(value ^ value >>> 16, 0x7feb352d);
    value = Math.imul(value ^ value >>> 15, 0x846ca68b);
    return value ^ value >>> 16;
}
