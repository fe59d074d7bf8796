// Speaks of topics that its operator has added; leaves once the first of its events is acknowledged.
import { createInterface } from 'node:readline';
import { envelope, join, obey, write } from './wire.mjs';

const { builtIn } = JSON.parse(process.env.ROOMD_OPTIONS);
obey();
join();
write('acme.order.placed', { orderId: 7 });
write('acme.order.lost', { orderId: '7' });
write('room.participant.joined', { participantId: 'ada', isBot: false }, { specVersion: builtIn });
write('acme.word.said', { text: 'hunter2 said' });
const order = envelope('acme.order.placed', {
  orderId: '7',
  note: 'hunter2 note',
  items: [{ sku: 'a', name: 'hunter2 one' }, { sku: 'b' }],
});
process.stdout.write(`${JSON.stringify(order)}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { type, through } = JSON.parse(line);
  if (type === 'ack' && through === order.id) process.exit(0);
});
