/** Real servers, real files: see CONTRIBUTING.md. `SQLIFT_TEST_SERVERS=off npx jest test/core` runs pure tests at once. */
module.exports = {
  rootDir: __dirname,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: 'node',
  transform: {
    '\\.tsx?$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  // Node's own import() of a command's file needs its extension.
  moduleNameMapper: { '^(\\./commands/[a-z]+)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.js'],
  // Against what hangs; a machine that is shared may be several times as slow as one that is not.
  testTimeout: 180_000,
  maxWorkers: 2,
};
