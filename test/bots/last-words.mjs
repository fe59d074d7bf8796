// Told to leave, however often, it has much to say first, and takes some turns for it. The last of it goes where what
// wasn't acknowledged goes.
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beat, say } from './orders.mjs';
import { envelope, join } from './wire.mjs';

let leaving = false;
async function leave() {
  if (leaving) return;
  leaving = true;
  for (let turn = 0; turn < 20; turn++) {
    for (let i = 0; i < 50; i++) say(`word-${turn * 50 + i}`);
    await setTimeout(5);
  }
  const left = envelope('room.participant.joined', { participantId: 'word-1000', isBot: true });
  writeFileSync(process.env.ROOMD_SPILL_PATH, `${JSON.stringify(left)}\n`);
  process.stdout.write('', () => process.exit(0));
}

// Whoever sees it in its room may tell it to leave.
process.on('SIGTERM', leave);
join();
beat();
process.stdin.on('data', (chunk) => {
  if (chunk.includes('"shutdown"')) void leave();
});
process.stdin.on('end', leave);
