import { readFileSync } from 'node:fs';

/** The closing line of the test run, from the runner's own report. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numFailedTestSuites: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

const [file = ''] = process.argv.slice(2);
let failed = 1;
let passed = 0;
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  // A file that fails before its first test counts as one.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  passed = report.numPassedTests;
  failed = report.numFailedTests + broken.length;
  skipped = report.numPendingTests + report.numTodoTests;
} catch {
  console.error('roomd: the test runner left no report');
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
