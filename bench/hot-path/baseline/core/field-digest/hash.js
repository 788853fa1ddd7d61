"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "FieldHash", {
    enumerable: true,
    get: function() {
        return FieldHash;
    }
});
const _digest = require("../digest");
class FieldHash {
    high = 0;
    low = 0;
    begin() {
        this.high = 0x9e3779b9 | 0;
        this.low = 0x243f6a88 | 0;
    }
    word(word) {
        const { high, low } = this;
        this.high = Math.imul((high << 13 | high >>> 19) ^ word, 0x2c1b3c6d);
        this.low = Math.imul((low << 7 | low >>> 25) ^ word, 0x297a2d39);
    }
    null() {
        this.word(NULL);
    }
    /** A field that no target can hold: its row is not expected to be there. */ unholdable() {
        this.word(UNHOLDABLE);
    }
    /** A field of eight bytes, as two words. */ eight(first, second) {
        const { high, low } = this;
        const high1 = Math.imul((high << 13 | high >>> 19) ^ 8, 0x2c1b3c6d);
        const low1 = Math.imul((low << 7 | low >>> 25) ^ 8, 0x297a2d39);
        const high2 = Math.imul((high1 << 13 | high1 >>> 19) ^ first, 0x2c1b3c6d);
        const low2 = Math.imul((low1 << 7 | low1 >>> 25) ^ first, 0x297a2d39);
        this.high = Math.imul((high2 << 13 | high2 >>> 19) ^ second, 0x2c1b3c6d);
        this.low = Math.imul((low2 << 7 | low2 >>> 25) ^ second, 0x297a2d39);
    }
    four(word) {
        this.word(4);
        this.word(word);
    }
    /** A field of these bytes; the last word is filled up with zeros. */ bytes(view, start, end) {
        this.word(end - start);
        let { high, low } = this;
        let at = start;
        for(; at + 4 <= end; at += 4){
            const word = view.getInt32(at);
            high = Math.imul((high << 13 | high >>> 19) ^ word, 0x2c1b3c6d);
            low = Math.imul((low << 7 | low >>> 25) ^ word, 0x297a2d39);
        }
        if (at < end) {
            let word = 0;
            for(let shift = 24; at < end; at++, shift -= 8)word |= view.getUint8(at) << shift;
            high = Math.imul((high << 13 | high >>> 19) ^ word, 0x2c1b3c6d);
            low = Math.imul((low << 7 | low >>> 25) ^ word, 0x297a2d39);
        }
        this.high = high;
        this.low = low;
    }
    /** A field that is compared by its meaning. */ text(meaning) {
        this.word(meaning.length);
        for(let i = 0; i < meaning.length; i++)this.word(meaning.charCodeAt(i));
    }
    end() {
        // Each half is changed by the other in turn, which can be undone: no information is lost here.
        const high = (0, _digest.scramble)(this.high ^ Math.imul(this.low, 0x5bd1e995));
        const low = (0, _digest.scramble)(this.low ^ Math.imul(high, 0x1b873593));
        this.high = high ^ (0, _digest.scramble)(low);
        this.low = low;
    }
}
/** Lengths that no field has. */ const NULL = -1;
const UNHOLDABLE = -2;
