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
    get codeOf () {
        return codeOf;
    },
    get copyFailure () {
        return copyFailure;
    },
    get freeBytes () {
        return freeBytes;
    },
    get isFull () {
        return isFull;
    },
    get sourceFailure () {
        return sourceFailure;
    },
    get sourceLocked () {
        return sourceLocked;
    }
});
const _nodefs = require("node:fs");
const _errors = require("../../core/errors");
function codeOf(error) {
    const code = error?.code;
    return typeof code === 'string' ? code : '';
}
function sourceFailure(error, path) {
    if (error instanceof _errors.SqliftError) return error;
    const code = codeOf(error);
    const place = {
        file: path
    };
    const say = (kind, text)=>new _errors.SqliftError(kind, `${path} ${text}`, place, {
            cause: error
        });
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return sourceLocked(path, error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return say('SourceMissing', 'does not exist');
    if (/^(EACCES|EPERM|SQLITE_(CANTOPEN|PERM|AUTH|READONLY))/.test(code)) return say('SourceUnreadable', `cannot be read: ${messageOf(error)}`);
    if (code === 'SQLITE_NOTADB') return say('SourceNotSqlite', 'is not an SQLite database, or is encrypted');
    if (/^(SQLITE_(CORRUPT|IOERR)|EIO)/.test(code)) return say('SourceCorrupt', `is damaged: ${messageOf(error)}`);
    return new _errors.SqliftError('Internal', `reading ${path} failed: ${messageOf(error)}`, place, {
        cause: error
    });
}
function sourceLocked(path, cause) {
    return new _errors.SqliftError('SourceLocked', `${path} is locked by another program`, {
        file: path
    }, {
        cause
    });
}
/** A disk with less room than this is full: file systems refuse before the last byte. */ const FULL_BELOW = 64 << 10;
function copyFailure(error, path, folder) {
    const code = codeOf(error);
    if (/^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(code) || code.startsWith('SQLITE_IOERR') && freeBytes(folder) < FULL_BELOW) {
        return new _errors.SqliftError('DiskFull', `no space is left in ${folder} for the snapshot of ${path}`, {
            file: folder
        }, {
            cause: error
        });
    }
    return sourceFailure(error, path);
}
function isFull(error) {
    return /^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(codeOf(error));
}
function freeBytes(folder) {
    const { bavail, bsize } = (0, _nodefs.statfsSync)(folder);
    return bavail * bsize;
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}
