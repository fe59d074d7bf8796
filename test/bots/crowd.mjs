// A score of a crowd: some 190 kilobytes an event, most of it not ASCII.
import { join, write } from './wire.mjs';

const participants = Array.from({ length: 700 }, (_, i) => ({
  participantId: `${i}${'😀ßж€'.repeat(20)}`,
  seconds: 1,
  share: 0,
}));
join();
for (let at = 0; at < 12; at++) {
  write('room.dominance.score', { at, windowMs: 1, participants, gini: 0, dominance: 0 });
}
