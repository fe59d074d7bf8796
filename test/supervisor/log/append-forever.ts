// Appends to the log of the folder in its argument until it is killed, and prints the last offset of each append
// as soon as that is acknowledged. Each append replaces the document `head` by what its offset has to be.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { openSqliteLog } from '../../../supervisor/log/sqlite-log.ts';

const [folder = '.'] = process.argv.slice(2);
const log = await openSqliteLog(join(folder, 'log.db'), {
  clock: systemClock,
  telemetry: createTelemetry(pino({ level: 'error' }, pino.destination({ fd: 2, sync: true })), createMetrics()),
});
let offset = log.last;
writeSync(1, `${offset}\n`);

async function appendForever(size: number): Promise<never> {
  for (;;) {
    const entries = Array.from({ length: size }, () => {
      offset += 1;
      const json = JSON.stringify({ offset, text: 'x'.repeat(offset % 700) });
      return { roomId: `room-${offset % 7}`, topic: 'test.one', id: String(offset), ts: 1, receivedAt: offset, json };
    });
    writeSync(1, `${await log.append(entries, { head: offset })}\n`);
  }
}

await Promise.all([1, 1, 3, 30, 150].map(appendForever));
