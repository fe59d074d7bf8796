#!/usr/bin/env node
import { constants } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { processIo } from './cli/io.ts';
import { run } from './cli/program.ts';

/** A signal can come twice at once: to the process, and to the group it is in. */
const IMPATIENCE_MS = 500;

/** `node:sqlite` and more. */
const NODE_MAJOR = 24;

const stopping = new AbortController();
const hurrying = new AbortController();
const io = processIo(stopping.signal, hurrying.signal);
let serving = false;
let askedAt = Number.NEGATIVE_INFINITY;

const [major] = process.versions.node.split('.');
if (Number(major) < NODE_MAJOR) {
  process.stderr.write(
    `roomd: expected Node ${NODE_MAJOR} or later, got ${process.version}: \`npm install node@${NODE_MAJOR}\` brings it\n`,
  );
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    const now = io.clock.monotonic();
    if (now - askedAt < IMPATIENCE_MS) return;
    askedAt = now;
    if (!stopping.signal.aborted) stopping.abort(signal);
    // The daemon has others to take along: for it, the third is the end.
    else if (serving && !hurrying.signal.aborted) hurrying.abort(signal);
    else process.exit(128 + constants.signals[signal]);
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  stopping.abort('EPIPE');
});
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), io, {
  version: packageJson.version,
  loadDaemon: async () => {
    serving = true;
    return (await import('./daemon.ts')).startDaemon;
  },
});
