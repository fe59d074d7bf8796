// Says what it is told of the way into its room, the token as its hash, and crashes when it is ordered to. It may wait.
import { createHash } from 'node:crypto';
import { beat, onOrder } from './orders.mjs';
import { join, obey, write } from './wire.mjs';

function tell(told) {
  const text = JSON.stringify(told);
  write('room.transcript.received', { participantId: 'told', text, at: 0, endAt: 0, final: true });
}

beat();
onOrder(
  () => process.exit(1),
  (command) => {
    if (command.type === 'assign') join();
    if (command.type === 'room.refused') tell(command);
    if (command.type !== 'room.access') return;
    const { token, ...rest } = command;
    tell({ ...rest, hash: createHash('sha256').update(token).digest('hex') });
  },
);
if (process.env.ROOMD_WARM === undefined) join();
obey();
