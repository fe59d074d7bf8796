// Writes ROOMD_OPTIONS.count scores of a room with a thousand people, about 190 KB each, as fast as the pipe takes them.

import { once } from 'node:events';
import { envelope, join, obey } from '../../test/bots/wire.mjs';

const { count } = JSON.parse(process.env.ROOMD_OPTIONS);
const participants = Array.from({ length: 1_000 }, (_, i) => ({
  participantId: `participant-${i}-`.padEnd(128, 'x'),
  seconds: i + 0.125,
  share: 0.0009765625,
}));

join();
obey();
for (let at = 0; at < count; at++) {
  const line = JSON.stringify(
    envelope('room.dominance.score', { at, windowMs: 1, participants, gini: 0, dominance: 0 }),
  );
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
