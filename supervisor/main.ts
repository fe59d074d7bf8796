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
const io = processIo(stopping.signal);
let askedAt = 0;

const [major] = process.versions.node.split('.');
if (Number(major) < NODE_MAJOR) {
  process.stderr.write(
    `roomd: expected Node ${NODE_MAJOR} or later, got ${process.version}: \`npm install node@${NODE_MAJOR}\` brings it\n`,
  );
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!stopping.signal.aborted) {
      askedAt = io.clock.monotonic();
      stopping.abort(signal);
    } else if (io.clock.monotonic() - askedAt > IMPATIENCE_MS) {
      process.exit(128 + constants.signals[signal]);
    }
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  stopping.abort('EPIPE');
});
process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), io, {
  version: packageJson.version,
  loadDaemon: async () => (await import('./daemon.ts')).startDaemon,
});
