// A supervisor that starts browsers, says which processes they are, and waits to be killed.
import { Writable } from 'node:stream';
import pino from 'pino';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { openBrowsers } from '../../../supervisor/browser/browsers.ts';
import { pageFiles } from '../../../supervisor/browser/page-files.ts';
import { createLauncher } from '../../../supervisor/child/spawn.ts';

const pids: Record<string, unknown> = {};
const log = new Writable({
  decodeStrings: false,
  write(line: string, _, done) {
    const { msg, pid } = JSON.parse(line) as { msg: string; pid: unknown };
    if (msg === 'browser host started') pids.host = pid;
    if (msg === 'browser started') pids.browser = pid;
    done();
  },
});
const browsers = openBrowsers(
  {
    folder: process.argv[2] ?? '',
    args: [],
    share: true,
    maxPages: 5,
    files: { client: pageFiles().client, script: `${import.meta.dirname}/page.js` },
  },
  {
    clock: systemClock,
    random: Math.random,
    telemetry: createTelemetry(pino({ level: 'debug', base: null }, log), createMetrics(), systemClock),
    launch: createLauncher(systemClock),
    env: process.env,
    onStderr: () => {},
  },
);
await browsers.ready();
process.stdout.write(`${JSON.stringify(pids)}\n`);
