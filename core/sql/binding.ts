import type { BinaryOperator } from './ast';

/** How strongly operators bind (the %left and %right lines of SQLite's parse.y). */
export const OR = 1;
export const AND = 2;
export const NOT = 3;
export const EQUALITY = 4;
export const COMPARISON = 5;
export const CONCAT = 9;
export const COLLATE = 10;
export const SIGN = 11;

export const BINARY: Readonly<Record<string, readonly [BinaryOperator, number]>> = {
  OR: ['or', OR],
  AND: ['and', AND],
  '=': ['=', EQUALITY],
  '==': ['=', EQUALITY],
  '<>': ['<>', EQUALITY],
  '!=': ['<>', EQUALITY],
  '<': ['<', COMPARISON],
  '<=': ['<=', COMPARISON],
  '>': ['>', COMPARISON],
  '>=': ['>=', COMPARISON],
  '&': ['&', 6],
  '|': ['|', 6],
  '<<': ['<<', 6],
  '>>': ['>>', 6],
  '+': ['+', 7],
  '-': ['-', 7],
  '*': ['*', 8],
  '/': ['/', 8],
  '%': ['%', 8],
  '||': ['||', CONCAT],
  '->': ['->', CONCAT],
  '->>': ['->>', CONCAT],
};
