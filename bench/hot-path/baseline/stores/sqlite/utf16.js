/**
 * Text of a UTF-16 database as UTF-8. What is not valid UTF-16 must not become valid UTF-8: a lone surrogate turns into its
 * three bytes as in WTF-8, half a code unit at the end into the byte 0xFF and itself.
 */ "use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "utf16ToUtf8", {
    enumerable: true,
    get: function() {
        return utf16ToUtf8;
    }
});
function utf16ToUtf8(text, encoding) {
    const [low, high] = encoding === 'UTF-16le' ? [
        0,
        1
    ] : [
        1,
        0
    ];
    const units = text.length >> 1;
    const unit = (index)=>text[2 * index + high] << 8 | text[2 * index + low];
    // A code unit takes three bytes at most, a surrogate pair four.
    const bytes = Buffer.allocUnsafe(units * 3 + 2);
    let at = 0;
    for(let i = 0; i < units; i++){
        let code = unit(i);
        if (code >= 0xd800 && code < 0xdc00 && i + 1 < units) {
            const next = unit(i + 1);
            if (next >= 0xdc00 && next < 0xe000) {
                code = 0x10000 + (code - 0xd800 << 10) + (next - 0xdc00);
                i += 1;
            }
        }
        if (code < 0x80) bytes[at++] = code;
        else {
            if (code < 0x800) bytes[at++] = 0xc0 | code >> 6;
            else {
                if (code < 0x10000) bytes[at++] = 0xe0 | code >> 12;
                else {
                    bytes[at++] = 0xf0 | code >> 18;
                    bytes[at++] = 0x80 | code >> 12 & 0x3f;
                }
                bytes[at++] = 0x80 | code >> 6 & 0x3f;
            }
            bytes[at++] = 0x80 | code & 0x3f;
        }
    }
    if (text.length % 2 === 1) {
        bytes[at++] = 0xff;
        bytes[at++] = text[text.length - 1];
    }
    return bytes.subarray(0, at);
}
