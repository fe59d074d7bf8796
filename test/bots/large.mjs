// Writes large events that are to be forwarded, as fast as the pipe takes them.
import { once } from 'node:events';
import { envelope, join, obey } from './wire.mjs';

const participants = Array.from({ length: 100 }, (_, i) => ({
  participantId: `participant-${i}-`.padEnd(128, 'x'),
  seconds: i + 0.125,
  share: 0.0078125,
}));
const payload = { at: 0, windowMs: 1, participants, gini: 0, dominance: 0 };

join();
obey();
while (process.exitCode === undefined) {
  const line = JSON.stringify(envelope('room.dominance.score', payload));
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
