"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "TextShapes", {
    enumerable: true,
    get: function() {
        return TextShapes;
    }
});
const _column = require("./codecs/column");
const _json = require("./codecs/json");
const _writer = require("./codecs/writer");
const _mapping = require("./mapping");
const _row = require("./row");
const _jsonbytes = require("./json-bytes");
const _shapebytes = require("./shape-bytes");
/** In columns that are not declared JSON, texts are parsed until so many were none, or so many bytes have been parsed. */ const JSON_FAILURES = 20;
const JSON_BYTES = 4 << 20;
/** `YYYY-MM-DD HH:MM:SS.ffffff+HH:MM` */ const LONGEST_TIMESTAMP = 32;
/** Where bytes alone do not tell, or seldom have to: the codec itself. What it writes goes nowhere. */ const scratch = new _writer.CopyWriter(64);
const accepts = (name)=>{
    const encode = (0, _column.compileCodec)({
        source: '',
        index: 0,
        target: '',
        type: (0, _mapping.parseType)(name),
        affinity: 'text',
        notNull: false,
        identity: false
    });
    return (row, column)=>{
        scratch.length = 0;
        return encode(row, column, scratch) === undefined;
    };
};
const isInstant = accepts('timestamptz');
const isBoolean = accepts('boolean');
const jsonChecker = new _jsonbytes.JsonChecker();
/** First letters of the boolean words. */ const BOOLEAN_LETTERS = new Set(Buffer.from('tTfFyYnNoO'));
const [MINUS, POINT, ZERO, NINE, BRACE, BRACKET] = [
    45,
    46,
    48,
    57,
    0x7b,
    0x5b
];
class TextShapes {
    declaredJson;
    #empty = 0;
    #dates = 0;
    #timestamps = 0;
    #instants = 0;
    #booleans = 0;
    #numbers = 0;
    #whole = 0;
    #fraction = 0;
    #integers = 0;
    #uuids = 0;
    #jsonTested = 0;
    #jsonBytes = 0;
    #json = 0;
    #jsonb = 0;
    /** @param declaredJson parse every text */ constructor(declaredJson){
        this.declaredJson = declaredJson;
    }
    empty() {
        this.#empty += 1;
        if (this.declaredJson) this.#jsonTested += 1;
        return 'empty';
    }
    /** A text of digits, minus signs and points alone. */ number(row, column, length) {
        const { bytes } = row;
        const start = row.starts[column] | 0;
        const end = start + length;
        if (length === 10 && bytes[start + 4] === MINUS && (0, _shapebytes.isDateAt)(bytes, start)) {
            this.#dates += 1;
            this.#timestamps += 1;
            if (this.declaredJson) this.#jsonTested += 1;
            return 'date';
        }
        let at = bytes[start] === MINUS ? start + 1 : start;
        const first = at;
        while(at < end && bytes[at] >= ZERO && bytes[at] <= NINE)at += 1;
        const whole = at - first;
        let fraction = 0;
        if (whole > 0 && at < end && bytes[at] === POINT) {
            at += 1;
            const point = at;
            while(at < end && bytes[at] >= ZERO && bytes[at] <= NINE)at += 1;
            fraction = at - point;
            if (fraction === 0) at = start;
        }
        const json = this.declaredJson && this.#isJson(row, column, length);
        if (whole === 0 || at !== end) return json ? 'json' : undefined;
        this.#numbers += 1;
        if (fraction === 0) this.#integers += 1;
        this.#whole = Math.max(this.#whole, significant(bytes, first, whole));
        this.#fraction = Math.max(this.#fraction, fraction);
        if (length === 1 && bytes[start] <= ZERO + 1) {
            this.#booleans += 1;
            return json ? 'json' : 'boolean';
        }
        return json ? 'json' : 'number';
    }
    /** A text of 36 hexadecimal digits and minus signs; where it is no UUID, nothing is counted. */ uuid(row, column) {
        if (!(0, _shapebytes.isUuidAt)(row.bytes, row.starts[column] | 0)) return undefined;
        this.#uuids += 1;
        if (this.declaredJson) this.#jsonTested += 1;
        return 'uuid';
    }
    /** Any other text that is valid UTF-8, without NUL and not empty. */ other(row, column, length) {
        const { bytes } = row;
        const start = row.starts[column] | 0;
        const first = bytes[start];
        let shape;
        if (first >= ZERO && first <= NINE) shape = this.#time(row, column, length);
        else if (length <= 5 && BOOLEAN_LETTERS.has(first) && isBoolean(row, column)) {
            this.#booleans += 1;
            shape = 'boolean';
        }
        if ((this.declaredJson || first === BRACE || first === BRACKET) && this.#isJson(row, column, length)) shape = 'json';
        return shape;
    }
    #time(row, column, length) {
        if (length > LONGEST_TIMESTAMP) return undefined;
        const start = row.starts[column] | 0;
        const shape = (0, _shapebytes.timeShape)(row.bytes, start, start + length);
        if (shape === 'timestamp') {
            this.#timestamps += 1;
            return shape;
        }
        if (shape === undefined || shape === 'edge' && !isInstant(row, column)) return undefined;
        this.#instants += 1;
        return 'instant';
    }
    #isJson(row, column, length) {
        if (!this.declaredJson && (this.#jsonTested - this.#json >= JSON_FAILURES || this.#jsonBytes > JSON_BYTES)) return false;
        this.#jsonTested += 1;
        this.#jsonBytes += length;
        const start = row.starts[column] | 0;
        if (!jsonChecker.check(row.bytes, start, start + length)) return false;
        this.#json += 1;
        if (!jsonChecker.hasUnicodeEscape || (0, _json.jsonbRefusal)((0, _row.textAt)(row, column)) === undefined) this.#jsonb += 1;
        return true;
    }
    result() {
        return {
            empty: this.#empty,
            dates: this.#dates,
            timestamps: this.#timestamps,
            instants: this.#instants,
            booleans: this.#booleans,
            decimals: {
                count: this.#numbers,
                whole: this.#whole,
                fraction: this.#fraction
            },
            integers: this.#integers,
            uuids: this.#uuids,
            json: {
                tested: this.#jsonTested,
                valid: this.#json,
                forJsonb: this.#jsonb
            }
        };
    }
}
/** How many of these digits are left without leading zeros. */ function significant(bytes, first, count) {
    let zeros = 0;
    while(zeros < count && bytes[first + zeros] === ZERO)zeros += 1;
    return count - zeros;
}
