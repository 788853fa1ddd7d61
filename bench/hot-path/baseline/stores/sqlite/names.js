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
    get nameKey () {
        return nameKey;
    },
    get quoteName () {
        return _quotename.quoteName;
    }
});
const _quotename = require("../../core/quote-name");
function nameKey(name) {
    return name.replace(/[A-Z]/g, (letter)=>letter.toLowerCase());
}
