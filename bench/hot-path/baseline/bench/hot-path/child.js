"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
const _passes = require("./passes");
let pass;
process.on('message', (order)=>{
    if (order.kind === 'open') pass = (0, _passes.openPass)(order.pass, order.input);
    const begun = process.cpuUsage();
    const rows = pass();
    const { user, system } = process.cpuUsage(begun);
    process.send({
        rows,
        micros: user + system
    });
});
