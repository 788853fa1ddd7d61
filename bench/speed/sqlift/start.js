/** Runs the program beside this file with sqlift as it is built in dist/, not from its sources: what is measured is what is shipped. */
const Module = require('node:module');
const path = require('node:path');

require('../../../test/support/typescript.js');

const ROOT = path.join(__dirname, '../../..');
const BUILT = /^(core|stores|activities)[/\\](.*)\.ts$/;
const find = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  const found = find.call(this, request, ...rest);
  const built = BUILT.exec(path.relative(ROOT, found));
  return built === null ? found : path.join(ROOT, 'dist', built[1], `${built[2]}.js`);
};

require('./process.ts');
