// Says ROOMD_OPTIONS.perSecond things a second, each of the topics in its turn, until it has to leave. Each is numbered,
// from 1, by the time of the room that it gives.

import { envelope, join, obey } from '../../test/bots/wire.mjs';

const { perSecond } = JSON.parse(process.env.ROOMD_OPTIONS);
const started = process.hrtime.bigint();
let number = 0;

join();
obey();
const timer = setInterval(() => {
  if (process.exitCode !== undefined) clearInterval(timer);
  const due = Math.floor((Number(process.hrtime.bigint() - started) / 1e9) * perSecond);
  let lines = '';
  while (number < due) lines += `${JSON.stringify(next())}\n`;
  if (lines !== '') process.stdout.write(lines);
}, 5);

function next() {
  const at = ++number;
  if (at % 10 === 0) {
    return envelope('room.interrupt.executed', { participantId: 'ada', targetId: 'bo', at, overlapMs: 640 });
  }
  if (at % 10 === 1) {
    return envelope('room.dominance.score', { at, windowMs: 1, participants: [], gini: 0, dominance: 0 });
  }
  const text = 'x'.repeat((at * 37) % 200);
  return envelope('room.transcript.received', { participantId: 'ada', text, at, endAt: at, final: true });
}
