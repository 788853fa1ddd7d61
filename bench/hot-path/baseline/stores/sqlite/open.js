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
    get PATIENCE () {
        return PATIENCE;
    },
    get checkSource () {
        return checkSource;
    },
    get openSqlite () {
        return openSqlite;
    }
});
const _nodefs = require("node:fs");
const _nodepath = require("node:path");
const _bettersqlite3 = /*#__PURE__*/ _interop_require_default(require("better-sqlite3"));
const _errors = require("../../core/errors");
const _failures = require("./failures");
const _sourceclient = require("./source-client");
function _interop_require_default(obj) {
    return obj && obj.__esModule ? obj : {
        default: obj
    };
}
const PATIENCE = 10_000;
function openSqlite(path) {
    const absolute = (0, _nodepath.resolve)(path);
    if (!(0, _nodefs.existsSync)(absolute)) throw new _errors.SqliftError('ArtifactMissing', `${absolute} does not exist`, {
        file: absolute
    });
    let db;
    try {
        db = new _bettersqlite3.default(absolute, {
            readonly: true,
            fileMustExist: true
        });
        db.pragma('trusted_schema = off');
        db.pragma('query_only = on');
        db.pragma('cell_size_check = on');
        db.prepare('SELECT count(*) FROM sqlite_schema').get();
        return db.defaultSafeIntegers(true);
    } catch (error) {
        db?.close();
        throw (0, _failures.sourceFailure)(error, absolute);
    }
}
async function checkSource(path, options = {}) {
    const { patience = PATIENCE, signal, files = false } = options;
    await (0, _sourceclient.askSourceProcess)({
        kind: 'check',
        path: (0, _nodepath.resolve)(path),
        patience,
        files
    }, {
        signal
    });
}
