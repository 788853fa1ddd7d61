"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "canonicalJson", {
    enumerable: true,
    get: function() {
        return canonicalJson;
    }
});
const _meaning = require("./meaning");
const _decimal = require("./decimal");
function canonicalJson(text) {
    const open = [];
    let at = skipSpace(text, 0);
    for(;;){
        // A value begins here.
        let value;
        const code = text.charCodeAt(at);
        if (code === BRACE || code === BRACKET) {
            const container = code === BRACE ? {
                members: new Map(),
                key: ''
            } : {
                members: undefined,
                items: []
            };
            at = skipSpace(text, at + 1);
            if (text.charCodeAt(at) === code + 2) {
                value = code === BRACE ? '{}' : '[]';
                at++;
            } else {
                if (container.members !== undefined && (at = readKey(text, at, container)) < 0) return undefined;
                open.push(container);
                continue;
            }
        } else if (code === QUOTE) {
            const end = stringEnd(text, at);
            const string = end < 0 ? undefined : unescaped(text.slice(at, end));
            if (string === undefined) return undefined;
            value = JSON.stringify(string);
            at = end;
        } else {
            SCALAR.lastIndex = at;
            const token = SCALAR.exec(text)?.[0];
            if (token === undefined) return undefined;
            at += token.length;
            value = code >= 97 ? token : (0, _decimal.scientificDecimal)(token);
        }
        // A value has ended: put it into its container, and close every container that ends with it.
        for(;;){
            at = skipSpace(text, at);
            const container = open.at(-1);
            if (container === undefined) return at === text.length ? value : undefined;
            if (container.members !== undefined) container.members.set(container.key, value);
            else container.items.push(value);
            const next = text.charCodeAt(at);
            if (next === COMMA) {
                at = skipSpace(text, at + 1);
                if (container.members !== undefined && (at = readKey(text, at, container)) < 0) return undefined;
                break;
            }
            if (next !== (container.members === undefined ? BRACKET : BRACE) + 2) return undefined;
            value = container.members === undefined ? `[${container.items.join(',')}]` : sorted(container.members);
            open.pop();
            at++;
        }
    }
}
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const BRACKET = 91;
const BRACE = 123;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
function skipSpace(text, at) {
    for(;; at++){
        const code = text.charCodeAt(at);
        if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    }
}
/** Reads `"key" :` into the container; the position of the value, or −1. */ function readKey(text, at, container) {
    const end = text.charCodeAt(at) === QUOTE ? stringEnd(text, at) : -1;
    const key = end < 0 ? undefined : unescaped(text.slice(at, end));
    if (key === undefined) return -1;
    container.key = key;
    at = skipSpace(text, end);
    return text.charCodeAt(at) === COLON ? skipSpace(text, at + 1) : -1;
}
/** Position after the closing quote of the string that begins at `at`, or −1. */ function stringEnd(text, at) {
    for(let i = at + 1; i < text.length; i++){
        const code = text.charCodeAt(i);
        if (code === QUOTE) return i + 1;
        if (code === BACKSLASH) i++;
    }
    return -1;
}
/** What a string token stands for; `undefined` when it is not one, or jsonb cannot hold it. */ function unescaped(token) {
    let value;
    try {
        value = JSON.parse(token);
    } catch  {
        return undefined;
    }
    return value.includes('\0') || (0, _meaning.hasLoneSurrogate)(value) ? undefined : value;
}
/** By code unit: any order will do that is the same for equal members. */ function sorted(members) {
    const keys = [
        ...members.keys()
    ].sort();
    return `{${keys.map((key)=>`${JSON.stringify(key)}:${members.get(key)}`).join(',')}}`;
}
