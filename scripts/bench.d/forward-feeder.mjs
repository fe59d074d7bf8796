// Prepares ROOMD_OPTIONS.count events that are to be forwarded, joins, waits for a message, and writes them at once.

import { once } from 'node:events';
import { envelope, join, obey, uuid7 } from '../../test/bots/wire.mjs';

const { count } = JSON.parse(process.env.ROOMD_OPTIONS);
const sessionId = uuid7();
const chunks = [];
for (let i = 0; i < count; i += 200) {
  const lines = Array.from({ length: Math.min(200, count - i) }, (_, j) => {
    const payload = {
      participantId: `participant-${i + j}`,
      isBot: false,
      name: 'somebody with a name of forty letters or so',
    };
    return `${JSON.stringify(envelope('room.participant.joined', payload, { sessionId, meta: { attempt: 1 } }))}\n`;
  });
  chunks.push(Buffer.from(lines.join('')));
}
join();
obey();
await new Promise((go) => process.stdin.on('data', (chunk) => chunk.includes('"app_message"') && go()));
for (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
