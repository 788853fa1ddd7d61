"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "askSourceProcess", {
    enumerable: true,
    get: function() {
        return askSourceProcess;
    }
});
const _nodechild_process = require("node:child_process");
const _nodepath = require("node:path");
const _errors = require("../../core/errors");
/** Under jest the sources run as TypeScript, which a new Node process must be taught; a build has JavaScript. */ const ENTRY = (0, _nodepath.join)(__dirname, `source-process${(0, _nodepath.extname)(__filename)}`);
const TYPESCRIPT = [
    '--require',
    (0, _nodepath.join)(__dirname, '../../test/support/typescript.js')
];
const STDERR_LIMIT = 2000;
function askSourceProcess(request, options = {}) {
    return new Promise((resolve, reject)=>{
        options.signal?.throwIfAborted();
        const child = (0, _nodechild_process.fork)(ENTRY, [], {
            execArgv: (0, _nodepath.extname)(ENTRY) === '.ts' ? TYPESCRIPT : [],
            stdio: [
                'ignore',
                'ignore',
                'pipe',
                'ipc'
            ]
        });
        let reply;
        let complaint = '';
        const abort = ()=>child.kill('SIGKILL');
        options.signal?.addEventListener('abort', abort, {
            once: true
        });
        child.stderr.setEncoding('utf8').on('data', (text)=>complaint = (complaint + text).slice(-STDERR_LIMIT));
        child.on('message', (message)=>{
            if (message.kind === 'progress') options.onProgress?.(message.progress);
            else reply = message;
        });
        child.on('error', reject);
        child.on('close', (code, signal)=>{
            options.signal?.removeEventListener('abort', abort);
            if (reply?.kind === 'answer') resolve(reply.answer);
            else if (reply?.kind === 'failure') reject(new _errors.SqliftError(reply.code, reply.message, reply.place));
            else if (options.signal?.aborted) reject(options.signal.reason);
            else reject(new _errors.SqliftError('Internal', `the process that reads ${request.path} ended with ${signal ?? code}: ${complaint.trim()}`));
        });
        child.send(request);
    });
}
