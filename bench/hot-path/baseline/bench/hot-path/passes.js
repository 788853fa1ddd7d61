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
    get PASSES () {
        return PASSES;
    },
    get openPass () {
        return openPass;
    }
});
const _encoderows = require("../../activities/import/encode-rows");
const _census = require("../../core/census");
const _writer = require("../../core/codecs/writer");
const _digest = require("../../core/digest");
const _hash = require("../../core/field-digest/hash");
const _source = require("../../core/field-digest/source");
const _target = require("../../core/field-digest/target");
const _row = require("../../core/row");
const _openreader = require("../../stores/sqlite/open-reader");
const PASSES = [
    'load',
    'hash-source',
    'hash-target',
    'census'
];
/** As `loadChunk` has them. */ const SEND_BYTES = 512 << 10;
const PIECE_BYTES = 256 << 10;
const BUFFER_BYTES = 2 << 20;
function openPass(pass, input) {
    switch(pass){
        case 'load':
            return encode(input, ()=>{});
        case 'hash-source':
            return hashSource(input);
        case 'hash-target':
            return hashTarget(input);
        case 'census':
            return census(input);
    }
}
/** Rows out of the pages as tuples of a binary COPY, given on whenever enough have come together. */ function encode({ file, catalog, mapping }, send) {
    const reader = (0, _openreader.openReader)({
        path: file,
        catalog,
        table: mapping.origin
    });
    const out = new _writer.CopyWriter(BUFFER_BYTES);
    const rows = (0, _encoderows.rowVisitor)(mapping, out, new Map(), false);
    return ()=>{
        const before = rows.count();
        for (const _ of reader.batches(rows.visit, undefined, PIECE_BYTES))if (out.length >= SEND_BYTES) send(out.take());
        if (out.length > 0) send(out.take());
        return rows.count() - before;
    };
}
function hashSource({ file, catalog, mapping }) {
    const reader = (0, _openreader.openReader)({
        path: file,
        catalog,
        table: mapping.origin
    });
    const hashRow = (0, _source.sourceHasher)(mapping.columns);
    const hash = new _hash.FieldHash();
    return ()=>{
        const digest = new _digest.RowDigest();
        for (const _ of reader.batches((row)=>{
            hashRow(row, hash);
            digest.add(hash);
        }));
        return digest.count;
    };
}
/** The target's answer is what was sent: PostgreSQL gives tuples back as it got them, text for the types that are asked for as such. */ function hashTarget(input) {
    const pieces = [];
    encode(input, (tuples)=>pieces.push(Buffer.from(tuples)))();
    const hashRow = (0, _target.targetHasher)(input.mapping.columns);
    const hash = new _hash.FieldHash();
    return ()=>{
        const digest = new _digest.RowDigest();
        for (const bytes of pieces){
            const view = (0, _row.viewOf)(bytes);
            for(let at = 0; at < bytes.length;){
                at = hashRow(bytes, view, at + 2, hash);
                digest.add(hash);
            }
        }
        return digest.count;
    };
}
function census({ file, catalog, mapping }) {
    const reader = (0, _openreader.openReader)({
        path: file,
        catalog,
        table: mapping.origin
    });
    const found = new _census.TableCensus(mapping.origin);
    let rows = 0;
    return ()=>{
        const before = rows;
        for (const _ of reader.batches((row)=>{
            rows += 1;
            found.add(row);
        }));
        return rows - before;
    };
}
