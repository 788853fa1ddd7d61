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
    get MAX_PRECISION () {
        return MAX_PRECISION;
    },
    get MAX_VARCHAR () {
        return MAX_VARCHAR;
    },
    get intentOf () {
        return intentOf;
    }
});
const MAX_VARCHAR = 10_485_760;
const MAX_PRECISION = 1_000;
const KINDS = [
    [
        /^(BOOL|BOOLEAN|BIT)$/,
        {
            kind: 'boolean'
        }
    ],
    [
        /^DATE$/,
        {
            kind: 'date'
        }
    ],
    [
        /^(TIMESTAMPTZ|DATETIMEOFFSET|(TIMESTAMP|DATETIME) WITH (LOCAL )?TIME ?ZONE)$/,
        {
            kind: 'timestamp',
            zoned: true
        }
    ],
    [
        /^(DATETIME2?|SMALLDATETIME|TIMESTAMP|(TIMESTAMP|DATETIME) WITHOUT TIME ?ZONE)$/,
        {
            kind: 'timestamp',
            zoned: false
        }
    ],
    [
        /^JSONB?$/,
        {
            kind: 'json'
        }
    ],
    [
        /^(UUID|GUID|UNIQUEIDENTIFIER)$/,
        {
            kind: 'uuid'
        }
    ],
    [
        /^(BLOB|TINYBLOB|MEDIUMBLOB|LONGBLOB|BYTEA|BINARY|VARBINARY|LONG VARBINARY|IMAGE|RAW)$/,
        {
            kind: 'bytes'
        }
    ],
    [
        /^(STRING|NSTRING|XML)$/,
        {
            kind: 'text'
        }
    ],
    [
        /^REAL$/,
        {
            kind: 'real'
        }
    ]
];
function intentOf(column) {
    const declared = column.declared.trim().toUpperCase().replace(/\s+/g, ' ');
    const numbers = [
        ...(/\(([^)]*)\)/.exec(declared)?.[1] ?? '').matchAll(/\d+/g)
    ].map(Number);
    const name = declared.replace(/ ?\([^)]*\) ?/, ' ').trim();
    if (name === '' || name === 'ANY') return {
        kind: 'any'
    };
    const known = KINDS.find(([pattern])=>pattern.test(name));
    if (known !== undefined) return known[1];
    if (/^(DECIMAL|NUMERIC|DEC|NUMBER|FIXED|MONEY|SMALLMONEY)\b/.test(name)) return numericIntent(numbers);
    switch(column.affinity){
        case 'integer':
            return {
                kind: 'integer'
            };
        case 'real':
            return {
                kind: 'real'
            };
        case 'text':
            {
                const [length] = numbers;
                const limited = name.includes('CHAR') && length !== undefined && length >= 1 && length <= MAX_VARCHAR;
                return limited ? {
                    kind: 'varchar',
                    length
                } : {
                    kind: 'text'
                };
            }
        default:
            return {
                kind: 'any'
            };
    }
}
function numericIntent([precision, scale = 0]) {
    if (precision === undefined || precision < 1 || precision > MAX_PRECISION || scale > precision) return {
        kind: 'numeric'
    };
    return {
        kind: 'numeric',
        precision,
        scale
    };
}
