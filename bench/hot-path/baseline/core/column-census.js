"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "ColumnCensus", {
    enumerable: true,
    get: function() {
        return ColumnCensus;
    }
});
const _nodebuffer = require("node:buffer");
const _row = require("./row");
const _declared = require("./declared");
const _samples = require("./samples");
const _textshapes = require("./text-shapes");
const MAX_SAMPLES = 3;
/** Longest text that is looked at byte by byte, since it may be of a kind; longer ones are read by the word. */ const SHORT = 64;
/** More digits behind the point than this are not told apart. */ const MAX_DECIMALS = 16;
const POWERS = Array.from({
    length: MAX_DECIMALS
}, (_, exponent)=>10 ** exponent);
const INT64_LIMIT = 2 ** 63;
/** Below this, a quotient of integers with 15 digits is the shortest decimal of its double. */ const EXACT_DECIMAL = 1e15;
/** Kinds of bytes in a text, as bits. */ const DIGIT = 1;
const MINUS = 2;
const POINT = 4;
const HEX_LETTER = 8;
const OTHER = 16;
const HIGH = 32;
const NUL = 64;
const KIND = Uint8Array.from({
    length: 256
}, (_, byte)=>{
    if (byte === 0) return NUL;
    if (byte > 127) return HIGH;
    if (byte >= 48 && byte <= 57) return DIGIT;
    if (byte === 45) return MINUS;
    if (byte === 46) return POINT;
    return /[a-f]/i.test(String.fromCharCode(byte)) ? HEX_LETTER : OTHER;
});
class ColumnCensus {
    #name;
    #index;
    #key;
    #shapes;
    #samples = [];
    #nullIsOdd;
    #odd = {
        nulls: [],
        integers: [],
        reals: [],
        texts: [],
        blobs: [],
        wide: [],
        nonFinite: [],
        withNul: [],
        invalidUtf8: [],
        misfits: []
    };
    /** Texts have to be judged until enough misfits are known; false where no text is one. */ #seeksMisfits;
    /** What the column should hold; `any` becomes the class of the first cell. */ #expected;
    #nulls = 0;
    #integers = 0;
    #least = Infinity;
    #most = -Infinity;
    #wideLeast;
    #wideMost;
    #zeroOrOne = 0;
    #wide = 0;
    #inexact = 0;
    #reals = 0;
    #lowest = Infinity;
    #highest = -Infinity;
    #nonFinite = 0;
    #integral = 0;
    #decimals = 0;
    #texts = 0;
    #minBytes = Infinity;
    #maxBytes = 0;
    #minLength = Infinity;
    #maxLength = 0;
    #invalidUtf8 = 0;
    #withNul = 0;
    #blobs = 0;
    #maxBlob = 0;
    #of16 = 0;
    /** @param key positions of the primary key's columns, to say where a sample is in a table without rowids */ constructor(column, index, key){
        this.#name = column.name;
        this.#index = index;
        this.#key = key;
        this.#expected = (0, _declared.intentOf)(column).kind;
        this.#nullIsOdd = column.notNull || key.includes(index);
        this.#seeksMisfits = !HOLDS_ANY_TEXT.includes(this.#expected);
        this.#shapes = new _textshapes.TextShapes(this.#expected === 'json');
    }
    add(row) {
        const serial = row.serials[this.#index];
        if (serial === 0) {
            this.#nulls += 1;
            if (this.#nullIsOdd) this.#note(this.#odd.nulls, row);
        } else if (serial >= 12) {
            if (serial % 2 === 1) this.#addText(row, (serial - 13) / 2 | 0);
            else this.#addBlob(row, (serial - 12) / 2 | 0);
        } else if (serial === 7) this.#addReal(row);
        else if (serial !== _row.NOT_COMPUTABLE) this.#addInteger(row, serial | 0);
    }
    #addInteger(row, serial) {
        this.#integers += 1;
        if (this.#integers <= MAX_SAMPLES) this.#note(this.#odd.integers, row);
        const { bytes } = row;
        let at = row.starts[this.#index] | 0;
        let value;
        if (serial >= 8) value = serial - 8;
        else if (serial < 6) {
            const end = at + (serial === 5 ? 6 : serial);
            value = bytes[at++] << 24 >> 24;
            while(at < end)value = value * 256 + bytes[at++];
        } else {
            const high = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
            if (high >= 0x200000 || high < -0x200000) {
                this.#addWide(row);
                return;
            }
            const low = (bytes[at + 4] << 24 | bytes[at + 5] << 16 | bytes[at + 6] << 8 | bytes[at + 7]) >>> 0;
            value = high * 0x1_0000_0000 + low;
        }
        if (value < this.#least) this.#least = value;
        if (value > this.#most) this.#most = value;
        const isBit = value === 0 || value === 1;
        if (isBit) this.#zeroOrOne += 1;
        if (this.#samples.length < MAX_SAMPLES) this.#judge(row, 'integer', isBit);
    }
    /** An integer beyond ±2^53. */ #addWide(row) {
        const value = (0, _row.integerAt)(row, this.#index);
        this.#wide += 1;
        this.#note(this.#odd.wide, row);
        if (this.#wideLeast === undefined || value < this.#wideLeast) this.#wideLeast = value;
        if (this.#wideMost === undefined || value > this.#wideMost) this.#wideMost = value;
        if (BigInt(Number(value)) !== value) this.#inexact += 1;
        if (this.#samples.length < MAX_SAMPLES) this.#judge(row, 'integer', false);
    }
    #addReal(row) {
        this.#reals += 1;
        if (this.#reals <= MAX_SAMPLES) this.#note(this.#odd.reals, row);
        const value = (0, _row.realAt)(row, this.#index);
        if (!Number.isFinite(value)) {
            this.#nonFinite += 1;
            this.#note(this.#odd.nonFinite, row);
        } else {
            if (value < this.#lowest) this.#lowest = value;
            if (value > this.#highest) this.#highest = value;
            if (Number.isInteger(value)) {
                if (value >= -INT64_LIMIT && value < INT64_LIMIT) this.#integral += 1;
            } else if (this.#decimals < MAX_DECIMALS) this.#countDecimals(value);
        }
        if (this.#samples.length < MAX_SAMPLES) this.#judge(row, 'real', false);
    }
    #countDecimals(value) {
        const power = POWERS[this.#decimals];
        const scaled = Math.round(value * power);
        if (Math.abs(scaled) < EXACT_DECIMAL && scaled / power === value) return;
        const [digits, exponent = '0'] = String(value).split('e');
        const decimals = (digits.split('.')[1]?.length ?? 0) - Number(exponent);
        this.#decimals = Math.min(MAX_DECIMALS, Math.max(this.#decimals, decimals));
    }
    #addText(row, length) {
        this.#texts += 1;
        if (this.#texts <= MAX_SAMPLES) this.#note(this.#odd.texts, row);
        const { bytes } = row;
        // Offsets are doubles in the view: as integers, they make the loops below several times as fast.
        const start = row.starts[this.#index] | 0;
        const end = start + length;
        let kinds = 0;
        let characters = length;
        let broken = false;
        if (length <= SHORT || this.#expected === 'numeric') {
            for(let i = start; i < end; i++)kinds |= KIND[bytes[i]];
            if ((kinds & HIGH) !== 0) {
                characters = countCharacters(bytes, start, end);
                broken = !(0, _nodebuffer.isUtf8)(bytes.subarray(start, end));
            }
        } else {
            const { view } = row;
            let zeros = 0;
            let high = 0;
            let at = start;
            for(; at + 4 <= end; at += 4){
                const word = view.getInt32(at);
                zeros |= word - 0x01010101 & ~word;
                high |= word;
                // Bytes that continue a character are those whose upper bits are 10.
                characters -= Math.imul(word >>> 7 & ~(word >>> 6) & 0x01010101, 0x01010101) >>> 24;
            }
            for(; at < end; at++){
                const byte = bytes[at];
                if (byte === 0) zeros = 0x80;
                high |= byte;
                if ((byte & 0xc0) === 0x80) characters -= 1;
            }
            kinds = (zeros & 0x80808080) === 0 ? OTHER : NUL;
            if ((high & 0x80808080) !== 0) broken = !(0, _nodebuffer.isUtf8)(bytes.subarray(start, end));
        }
        if (length < this.#minBytes) this.#minBytes = length;
        if (length > this.#maxBytes) this.#maxBytes = length;
        if (characters < this.#minLength) this.#minLength = characters;
        if (characters > this.#maxLength) this.#maxLength = characters;
        if ((kinds & NUL) !== 0) {
            this.#withNul += 1;
            this.#note(this.#odd.withNul, row);
        } else if (broken) {
            this.#invalidUtf8 += 1;
            this.#note(this.#odd.invalidUtf8, row);
        }
        const shape = (kinds & NUL) !== 0 || broken ? 'broken' : this.#shape(row, length, kinds);
        if (this.#samples.length < MAX_SAMPLES) this.#judge(row, 'text', shape);
        if (this.#seeksMisfits && !fitsKind(this.#expected, 'text', shape)) {
            this.#note(this.#odd.misfits, row);
            this.#seeksMisfits = this.#odd.misfits.length < MAX_SAMPLES;
        }
    }
    #shape(row, length, kinds) {
        if (length === 0) return this.#shapes.empty();
        const onlyOf = (allowed)=>(kinds & ~allowed) === 0;
        // Before the numbers: a UUID may be of digits alone.
        if (length === 36 && onlyOf(DIGIT | MINUS | HEX_LETTER)) {
            const found = this.#shapes.uuid(row, this.#index);
            if (found !== undefined) return found;
        }
        if (onlyOf(DIGIT | MINUS | POINT)) return this.#shapes.number(row, this.#index, length);
        return this.#shapes.other(row, this.#index, length);
    }
    #addBlob(row, length) {
        this.#blobs += 1;
        if (this.#blobs <= MAX_SAMPLES) this.#note(this.#odd.blobs, row);
        if (length > this.#maxBlob) this.#maxBlob = length;
        if (length === 16) this.#of16 += 1;
        if (this.#samples.length < MAX_SAMPLES) this.#judge(row, 'blob', length === 16);
    }
    /** Keeps a cell that is not what the column should hold. `detail`: is it 0 or 1; shape of a text; are there 16 bytes. */ #judge(row, storage, detail) {
        if (this.#expected === 'any') this.#expected = CLASS_KIND[storage];
        const fits = fitsKind(this.#expected, storage, detail);
        if (!fits) this.#samples.push((0, _samples.sampleOf)(row, this.#index, this.#key));
    }
    #note(list, row) {
        if (list.length < MAX_SAMPLES) list.push((0, _samples.sampleOf)(row, this.#index, this.#key));
    }
    #oddCells() {
        const { integers, reals, texts, blobs, ...others } = this.#odd;
        const classes = {
            integers,
            reals,
            texts,
            blobs
        };
        const mixed = Object.values(classes).filter((list)=>list.length > 0).length > 1;
        const found = Object.entries({
            ...mixed && classes,
            ...others
        }).filter(([, list])=>list.length > 0);
        return found.length === 0 ? undefined : Object.fromEntries(found);
    }
    result() {
        const texts = this.#texts;
        const odd = this.#oddCells();
        return {
            column: this.#name,
            nulls: this.#nulls,
            integers: {
                count: this.#integers,
                ...this.#integers > 0 && {
                    min: extreme(this.#wideLeast, this.#least, -1),
                    max: extreme(this.#wideMost, this.#most, 1)
                },
                zeroOrOne: this.#zeroOrOne,
                inexact: this.#inexact,
                ...this.#wide > 0 && {
                    wide: this.#wide
                }
            },
            reals: {
                count: this.#reals,
                // Without −0, which JSON does not know.
                ...this.#lowest !== Infinity && {
                    min: this.#lowest + 0,
                    max: this.#highest + 0
                },
                nonFinite: this.#nonFinite,
                integral: this.#integral,
                decimals: this.#decimals
            },
            texts: {
                count: texts,
                ...texts > 0 && {
                    minBytes: this.#minBytes,
                    maxBytes: this.#maxBytes,
                    minLength: this.#minLength,
                    maxLength: this.#maxLength
                },
                invalidUtf8: this.#invalidUtf8,
                withNul: this.#withNul,
                ...this.#shapes.result()
            },
            blobs: {
                count: this.#blobs,
                maxBytes: this.#maxBlob,
                of16: this.#of16
            },
            samples: [
                ...this.#samples
            ],
            ...odd !== undefined && {
                odd
            }
        };
    }
}
/** Of these a text is either all that is wanted or says nothing. */ const HOLDS_ANY_TEXT = [
    'text',
    'varchar',
    'any'
];
const CLASS_KIND = {
    integer: 'integer',
    real: 'real',
    text: 'text',
    blob: 'bytes'
};
function fitsKind(kind, storage, detail) {
    switch(kind){
        case 'boolean':
            return detail === 'boolean' || storage === 'integer' && detail === true;
        case 'date':
            return detail === 'date';
        case 'timestamp':
            return detail === 'date' || detail === 'timestamp' || detail === 'instant';
        case 'json':
            return detail === 'json';
        case 'uuid':
            return detail === 'uuid' || storage === 'blob' && detail === true;
        case 'text':
        case 'varchar':
            return storage === 'text' && detail !== 'broken';
        case 'numeric':
            return storage === 'integer' || storage === 'real' || detail === 'number';
        case 'real':
            return storage === 'integer' || storage === 'real';
        case 'integer':
            return storage === 'integer';
        default:
            return storage === 'blob';
    }
}
function countCharacters(bytes, start, end) {
    let count = 0;
    for(let i = start; i < end; i++)if ((bytes[i] & 0xc0) !== 0x80) count += 1;
    return count;
}
/** The wide one, if any, lies beyond every safe one in its direction; else it lies beyond them in the other. */ function extreme(wide, safe, direction) {
    const beyond = wide !== undefined && (wide > 0n ? 1 : -1) === direction;
    return wide !== undefined && (beyond || !Number.isFinite(safe)) ? wide.toString() : safe;
}
