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
    get byteaCodec () {
        return byteaCodec;
    },
    get jsonCodec () {
        return jsonCodec;
    },
    get realText () {
        return realText;
    },
    get taggedCodec () {
        return taggedCodec;
    },
    get textCodec () {
        return textCodec;
    },
    get textRefusal () {
        return textRefusal;
    },
    get uuidCodec () {
        return uuidCodec;
    }
});
const _nodebuffer = require("node:buffer");
const _row = require("../row");
const _json = require("./json");
const NUMERIC_AFFINITIES = [
    'integer',
    'real',
    'numeric'
];
function textCodec(affinity, maxLength, checked = true) {
    const numbersToo = NUMERIC_AFFINITIES.includes(affinity);
    return (row, column, out)=>{
        const serial = row.serials[column];
        if (serial >= 13 && serial % 2 === 1) {
            const start = row.starts[column];
            const end = start + (0, _row.serialLength)(serial);
            const refusal = checked ? textRefusal(row.bytes, start, end) : undefined;
            if (refusal !== undefined) return refusal;
            if (maxLength !== undefined && end - start > maxLength && codePoints(row.bytes, start, end) > maxLength) return 'too long';
            out.cell(row, start, end);
            return undefined;
        }
        if (serial >= 12 || !numbersToo) return 'wrong storage class';
        const text = serial === 7 ? realText((0, _row.realAt)(row, column)) : (0, _row.integerAt)(row, column).toString();
        if (maxLength !== undefined && text.length > maxLength) return 'too long';
        out.textField(text);
        return undefined;
    };
}
function textRefusal(bytes, start, end) {
    if (end - start < 48) {
        let bits = 0;
        for(let i = start; i < end; i++){
            const byte = bytes[i];
            if (byte === 0) return 'NUL byte';
            bits |= byte;
        }
        return bits > 127 && !(0, _nodebuffer.isUtf8)(bytes.subarray(start, end)) ? 'invalid UTF-8' : undefined;
    }
    const text = bytes.subarray(start, end);
    if (text.includes(0)) return 'NUL byte';
    return (0, _nodebuffer.isUtf8)(text) ? undefined : 'invalid UTF-8';
}
/** Characters as PostgreSQL counts them: bytes that do not continue a sequence. */ function codePoints(bytes, start, end) {
    let count = 0;
    for(let i = start; i < end; i++)if ((bytes[i] & 0xc0) !== 0x80) count++;
    return count;
}
function realText(value) {
    if (Object.is(value, -0)) return '-0.0';
    const text = String(value);
    return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
const byteaCodec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial < 12 || serial % 2 === 1) return 'wrong storage class';
    const start = row.starts[column];
    out.cell(row, start, start + (0, _row.serialLength)(serial));
    return undefined;
};
const uuidCodec = (row, column, out)=>{
    const serial = row.serials[column];
    if (serial < 12) return 'wrong storage class';
    const cell = (0, _row.bytesAt)(row, column);
    if (serial % 2 === 0) {
        if (cell.length !== 16) return 'not a UUID';
        out.field(cell);
        return undefined;
    }
    if (cell.length !== 36) return 'not a UUID';
    const text = (0, _row.textAt)(row, column);
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) return 'not a UUID';
    out.field(Buffer.from(text.replaceAll('-', ''), 'hex'));
    return undefined;
};
function jsonCodec(binary) {
    return (row, column, out)=>{
        const serial = row.serials[column];
        if (serial < 13 || serial % 2 === 0) return 'wrong storage class';
        const cell = (0, _row.bytesAt)(row, column);
        const refusal = textRefusal(cell, 0, cell.length) ?? jsonRefusal(cell, binary);
        if (refusal !== undefined) return refusal;
        if (!binary) {
            out.field(cell);
            return undefined;
        }
        out.reserve(5 + cell.length);
        out.length = out.bytes.writeInt32BE(1 + cell.length, out.length);
        out.bytes[out.length++] = 1;
        out.length += cell.copy(out.bytes, out.length);
        return undefined;
    };
}
function jsonRefusal(cell, binary) {
    const text = cell.toString('utf8');
    try {
        JSON.parse(text);
    } catch  {
        return 'not JSON';
    }
    return binary ? (0, _json.jsonbRefusal)(text) : undefined;
}
const taggedCodec = (row, column, out)=>{
    const text = taggedText(row, column);
    const size = Buffer.byteLength(text);
    out.reserve(5 + size);
    out.length = out.bytes.writeInt32BE(1 + size, out.length);
    out.bytes[out.length++] = 1;
    out.length += out.bytes.write(text, out.length);
    return undefined;
};
function taggedText(row, column) {
    const serial = row.serials[column];
    if (serial === 7) {
        const value = (0, _row.realAt)(row, column);
        // Infinities and the zero with a sign are no numbers of JSON's.
        return Number.isFinite(value) && !Object.is(value, -0) ? realText(value) : JSON.stringify({
            $real: realText(value)
        });
    }
    if (serial < 12) return (0, _row.integerAt)(row, column).toString();
    const cell = (0, _row.bytesAt)(row, column);
    if (serial % 2 === 0) return JSON.stringify({
        $blob: cell.toString('hex')
    });
    return textRefusal(cell, 0, cell.length) === undefined ? JSON.stringify(cell.toString('utf8')) : JSON.stringify({
        $text: cell.toString('hex')
    });
}
