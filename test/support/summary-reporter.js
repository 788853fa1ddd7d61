/**
 * Ends jest's output with `N passed, N failed` alone on a line, which `.ci/run` and whoever calls it read.
 * A test file that could not even be loaded, and a `globalSetup` that failed, count as one failure each.
 */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.numPendingTests + results.numTodoTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    process.stderr.write('', () => process.stdout.write(`${line}\n`));
  }
};
