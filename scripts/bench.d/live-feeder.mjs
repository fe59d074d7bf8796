// Joins, waits for a message, and then says ROOMD_OPTIONS.count lines of a meeting, so many a second. The speaker of
// each is its number, from 1, and the moment of its publication: microseconds of the machine's monotonic clock.

import { envelope, join, obey, uuid7 } from '../../test/bots/wire.mjs';

const { perSecond, count } = JSON.parse(process.env.ROOMD_OPTIONS);
const sessionId = uuid7();
const text = 'nobody says much more than this in a line of a meeting, as it seems: a hundred letters or somewhat more';
let started = 0n;
let published = 0;

join();
obey();
await new Promise((go) => process.stdin.on('data', (chunk) => chunk.includes('"app_message"') && go()));
started = process.hrtime.bigint();
const timer = setInterval(tick, 1);

function tick() {
  const now = process.hrtime.bigint();
  const due = Math.min(count, Math.floor((Number(now - started) / 1e9) * perSecond));
  let lines = '';
  while (published < due) lines += `${JSON.stringify(line(++published, now / 1_000n))}\n`;
  if (lines !== '') process.stdout.write(lines);
  if (published === count || process.exitCode !== undefined) clearInterval(timer);
}

function line(number, now) {
  const payload = { participantId: `@@${number}:${now}@@`, text, at: number, endAt: number + 900, final: true };
  return envelope('room.transcript.received', payload, { sessionId, meta: { attempt: 1 } });
}
