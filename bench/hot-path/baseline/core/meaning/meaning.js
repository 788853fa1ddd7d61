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
    get InvalidText () {
        return InvalidText;
    },
    get decodeText () {
        return decodeText;
    },
    get doubleBits () {
        return doubleBits;
    },
    get hasLoneSurrogate () {
        return hasLoneSurrogate;
    },
    get unholdable () {
        return unholdable;
    }
});
const _nodebuffer = require("node:buffer");
class InvalidText {
    bytes;
    constructor(bytes){
        this.bytes = bytes;
    }
}
function unholdable(value) {
    if (value instanceof InvalidText) return `\0invalid:${value.bytes.toString('hex')}`;
    if (Buffer.isBuffer(value)) return `\0blob:${value.toString('hex')}`;
    return `\0${typeof value}:${String(value)}`;
}
const bits = new Float64Array(1);
const units = new Uint16Array(bits.buffer);
function doubleBits(value) {
    bits[0] = value;
    return String.fromCharCode(units[0], units[1], units[2], units[3]);
}
function decodeText(bytes, encoding) {
    if (encoding === 'UTF-8') return (0, _nodebuffer.isUtf8)(bytes) ? bytes.toString('utf8') : undefined;
    if (bytes.length % 2 !== 0) return undefined;
    const text = (encoding === 'UTF-16le' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
    return hasLoneSurrogate(text) ? undefined : text;
}
function hasLoneSurrogate(text) {
    return /\p{Surrogate}/u.test(text);
}
