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
    get checkShape () {
        return checkShape;
    },
    get checkShapes () {
        return checkShapes;
    },
    get expressionFailure () {
        return expressionFailure;
    }
});
const _errors = require("../../core/errors");
const _shape = require("../../core/shape");
const _failures = require("./failures");
const _names = require("./names");
function checkShape(db, table) {
    const computed = table.columns.flatMap(({ name, value })=>value === undefined ? [] : [
            {
                name,
                sql: value
            }
        ]);
    const where = table.where === undefined ? [] : [
        {
            name: undefined,
            sql: table.where
        }
    ];
    return [
        ...where,
        ...computed
    ].flatMap(({ name, sql })=>{
        const problem = problemOf(db, table.name, sql);
        return problem === undefined ? [] : [
            expressionFailure(table, name, problem)
        ];
    });
}
function checkShapes(db, tables) {
    const problems = tables.filter(_shape.isShaped).flatMap((table)=>checkShape(db, table));
    if (problems.length === 1) throw problems[0];
    if (problems.length > 1) throw new _errors.SqliftError('PlanInvalid', problems.map(({ message })=>message).join('\n'));
}
function expressionFailure(table, column, reason) {
    const what = column === undefined ? 'where' : `value of column ${column}`;
    const place = {
        table: table.name,
        ...column !== undefined && {
            field: column
        }
    };
    return new _errors.SqliftError('PlanInvalid', `table ${table.name}: ${what}: ${reason}`, place);
}
function problemOf(db, table, sql) {
    const from = (0, _names.quoteName)(table);
    let program;
    try {
        // In a condition SQLite allows no aggregate and no list. Two depths of parentheses show that it closes none but its own.
        explain(db, `SELECT 1 FROM ${from} WHERE (${sql}\n) IS NOT NULL`);
        explain(db, `SELECT 1 FROM ${from} WHERE ((${sql}\n) IS NOT NULL)`);
        program = explain(db, `SELECT (${sql}\n) FROM ${from}`);
    } catch (error) {
        return (0, _failures.codeOf)(error) === '' ? 'a plan has no parameters' : error.message;
    }
    return notRepeatable(db, sql, program);
}
function explain(db, sql) {
    return db.prepare(`EXPLAIN ${sql}`).all();
}
/** Functions of the date and time, which SQLite says are the same each time, except that some of their arguments are not. */ const TIME_FUNCTIONS = new Set([
    'date',
    'time',
    'datetime',
    'julianday',
    'unixepoch',
    'strftime',
    'timediff'
]);
const NOW_LEFT_OUT = /\b((date|time|datetime|julianday|unixepoch)\s*\(\s*('subsec(ond)?'\s*)?\)|strftime\s*\(\s*'[^']*'\s*\))/i;
/** Verification reads everything again, and so may a retry: what gives something else then can be neither compared nor repeated. */ function notRepeatable(db, sql, program) {
    const called = new Set(program.filter(({ opcode })=>/^(Pure)?Func/.test(opcode)).map(({ p4 })=>(p4 ?? '').replace(/\(.*/s, '')));
    const unsteady = db.prepare(`SELECT name FROM pragma_function_list WHERE type = 's' GROUP BY name HAVING NOT max(flags & 2048)`).pluck().all().find((name)=>called.has(name));
    if (unsteady !== undefined) return `${unsteady} gives something else each time, and verification reads it again`;
    if (![
        ...called
    ].some((name)=>TIME_FUNCTIONS.has(name))) return undefined;
    const words = program.filter(({ opcode })=>opcode === 'String8').map(({ p4 })=>(p4 ?? '').toLowerCase());
    if (words.includes('now') || NOW_LEFT_OUT.test(sql)) return 'the present time is another each time, and verification reads it again';
    const local = words.find((word)=>word === 'localtime' || word === 'utc');
    return local === undefined ? undefined : `'${local}' means the time zone of the machine that reads; give the column a timeZone instead`;
}
