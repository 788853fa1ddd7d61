/**
 * A function with its calls written out: in a loop over columns one call goes to another function each time, which the engine cannot
 * optimise, while each written call always goes to the same. That halves the time of reading and writing rows.
 *
 * Nothing that a plan or a source says may get into the body: names of the functions and numbers only.
 *
 * @param lines statements over the parameters and the names of the functions
 */ "use strict";
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
    get named () {
        return named;
    },
    get unrolled () {
        return unrolled;
    }
});
function unrolled(parameters, lines, functions) {
    const code = `return (${parameters.join(', ')}) => {\n${lines.join('\n')}\n};`;
    // oxlint-disable-next-line typescript/no-implied-eval -- see above: the text is made here alone
    return new Function(...Object.keys(functions), code)(...Object.values(functions));
}
function named(name, functions) {
    return Object.fromEntries(functions.map((each, i)=>[
            `${name}${i}`,
            each
        ]));
}
