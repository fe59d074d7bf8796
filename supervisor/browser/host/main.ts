import { rmSync } from 'node:fs';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { cleanText } from '../../base/clean-text.ts';
import type { HostReport, HostSettings } from '../host-protocol.ts';
import { startHost } from './host.ts';

const MAX_PROBLEM = 1_024;
/** What takes longer to end is killed with this process. */
const STOP_MS = 10_000;

// Everything that the browsers write is their owner's alone.
process.umask(0o077);
const settings = JSON.parse(process.argv[2] ?? '') as HostSettings;
const say = (report: HostReport) => void process.stdout.write(`${JSON.stringify(report)}\n`);
// Whoever started this may have gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const host = startHost(settings, {
  clock: systemClock,
  say,
  complain: (line) => void process.stderr.write(`${line}\n`),
});

let code = 0;
let leaving = false;
process.once('SIGTERM', () => void leave());
process.once('SIGINT', () => void leave());
process.stdin.once('end', () => void leave());
process.stdin.once('error', () => void leave());
process.stdin.resume();
host.ready.catch((error: Error) => {
  code = 1;
  if (!leaving) say({ problem: cleanText(error.message, MAX_PROBLEM) });
  return leave();
});

/** Browsers that are left then are killed by the library that started them, when this process exits. */
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  systemClock.after(STOP_MS, exit);
  await host.stop();
  exit();
}

function exit(): void {
  process.once('exit', () => rmSync(settings.folder, { recursive: true, force: true, maxRetries: 5 }));
  process.exit(code);
}
