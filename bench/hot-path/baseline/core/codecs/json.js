"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "jsonbRefusal", {
    enumerable: true,
    get: function() {
        return jsonbRefusal;
    }
});
function jsonbRefusal(text) {
    if (!text.includes('\\u')) return undefined;
    // Each match is one escape of any kind, or two \u escapes that make a surrogate pair.
    for (const [escape] of text.matchAll(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\./g)){
        if (escape.length !== 6) continue;
        const unit = Number.parseInt(escape.slice(2), 16);
        if (unit === 0 || unit >= 0xd800 && unit <= 0xdfff) return 'JSON not allowed in jsonb';
    }
    return undefined;
}
