"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "JsonChecker", {
    enumerable: true,
    get: function() {
        return JsonChecker;
    }
});
/**
 * Checks JSON (RFC 8259) byte by byte, without making a value or a string of it. The bytes have to be valid UTF-8 already.
 */ const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, POINT, ZERO] = [
    0x22,
    0x5c,
    0x2c,
    0x3a,
    0x2d,
    0x2b,
    0x2e,
    0x30
];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [
    0x5b,
    0x5d,
    0x7b,
    0x7d
];
const WORDS = [
    'true',
    'false',
    'null'
].map((word)=>Buffer.from(word));
/** Characters that may follow a backslash, `u` apart. */ const ESCAPES = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt'))ESCAPES[byte] = 1;
class JsonChecker {
    /** Whether the last valid JSON has a `\u` escape, which jsonb may refuse. */ hasUnicodeEscape = false;
    #bytes = Buffer.alloc(0);
    #at = 0;
    #end = 0;
    /** Of each open container: is it an object? */ #open = [];
    /** Whether the bytes from `start` to `end` are one JSON value, with spaces around it at most. */ check(bytes, start, end) {
        this.#bytes = bytes;
        this.#at = start;
        this.#end = end;
        this.#open.length = 0;
        this.hasUnicodeEscape = false;
        return this.#value() && this.#spaces() === this.#end;
    }
    /** A value with everything in it. A loop instead of recursion: nesting may be as deep as a text is long. */ #value() {
        const bytes = this.#bytes;
        const open = this.#open;
        for(;;){
            // A value begins here.
            const at = this.#spaces();
            if (at >= this.#end) return false;
            const first = bytes[at];
            if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
                this.#at = at + 1;
                const isObject = first === OPEN_OBJECT;
                const next = this.#spaces();
                if (next < this.#end && bytes[next] === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) this.#at = next + 1;
                else {
                    open.push(isObject);
                    if (isObject && !this.#member()) return false;
                    continue;
                }
            } else if (first === QUOTE) {
                if (!this.#string()) return false;
            } else if (first === MINUS || first >= ZERO && first <= ZERO + 9) {
                if (!this.#number()) return false;
            } else if (!this.#word()) return false;
            // A value has ended here; so may the containers around it.
            for(;;){
                const isObject = open[open.length - 1];
                if (isObject === undefined) return true;
                const next = this.#spaces();
                if (next >= this.#end) return false;
                this.#at = next + 1;
                if (bytes[next] === COMMA) {
                    if (isObject && !this.#member()) return false;
                    break;
                }
                if (bytes[next] !== (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return false;
                open.pop();
            }
        }
    }
    /** Skips spaces; where it stops. */ #spaces() {
        const bytes = this.#bytes;
        let at = this.#at;
        while(at < this.#end && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09))at += 1;
        this.#at = at;
        return at;
    }
    /** The name of a member and its colon. */ #member() {
        const at = this.#spaces();
        if (at >= this.#end || this.#bytes[at] !== QUOTE || !this.#string()) return false;
        const colon = this.#spaces();
        this.#at = colon + 1;
        return colon < this.#end && this.#bytes[colon] === COLON;
    }
    #string() {
        const bytes = this.#bytes;
        const end = this.#end;
        let at = this.#at + 1;
        while(at < end){
            const byte = bytes[at++];
            if (byte === QUOTE) {
                this.#at = at;
                return true;
            }
            if (byte < 0x20) return false;
            if (byte !== BACKSLASH) continue;
            if (at >= end) return false;
            const escaped = bytes[at++];
            if (escaped === 0x75) {
                this.hasUnicodeEscape = true;
                for(const stop = at + 4; at < stop; at++)if (at >= end || !isHex(bytes[at])) return false;
            } else if (ESCAPES[escaped] === 0) return false;
        }
        return false;
    }
    #number() {
        const bytes = this.#bytes;
        let at = this.#at;
        if (bytes[at] === MINUS) at += 1;
        const whole = at;
        at = this.#digits(at);
        if (at === whole || bytes[whole] === ZERO && at > whole + 1) return false;
        if (at < this.#end && bytes[at] === POINT) {
            const point = at + 1;
            at = this.#digits(point);
            if (at === point) return false;
        }
        if (at < this.#end && (bytes[at] | 0x20) === 0x65) {
            at += 1;
            if (at < this.#end && (bytes[at] === PLUS || bytes[at] === MINUS)) at += 1;
            const exponent = at;
            at = this.#digits(exponent);
            if (at === exponent) return false;
        }
        this.#at = at;
        return true;
    }
    #digits(at) {
        const bytes = this.#bytes;
        while(at < this.#end && bytes[at] >= ZERO && bytes[at] <= ZERO + 9)at += 1;
        return at;
    }
    #word() {
        for (const word of WORDS){
            if (this.#at + word.length > this.#end) continue;
            let i = 0;
            while(i < word.length && this.#bytes[this.#at + i] === word[i])i += 1;
            if (i === word.length) {
                this.#at += i;
                return true;
            }
        }
        return false;
    }
}
function isHex(byte) {
    const lower = byte | 0x20;
    return byte >= ZERO && byte <= ZERO + 9 || lower >= 0x61 && lower <= 0x66;
}
