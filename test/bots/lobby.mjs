// Is in a local room: notes what it is told in the file `journal` of its options, answers whoever mentions it, and says
// what it is told to say by orders, `[[topic, payload], …]`.
import { appendFileSync } from 'node:fs';
import { onOrder, options } from './orders.mjs';
import { envelope, join, obey, uuid7, write } from './wire.mjs';

join();
write('assistant.session.started', { connector: 'local', policyVersion: `sha256:${'0'.repeat(64)}` });
const say = (text, more) =>
  write('room.message.sent', { messageId: uuid7(), participantId: 'bot', text, at: 0, ...more });

function happened({ event, past }) {
  const { topic, payload } = event;
  if (options.journal !== undefined) appendFileSync(options.journal, `${JSON.stringify({ topic, payload, past })}\n`);
  if (topic !== 'room.message.received' || past || !payload.mentions?.includes('bot')) return;
  say(`you said: ${payload.text}`, { replyTo: payload.messageId });
}

/** A message for whoever takes up what this run has left. */
let left = 0;
function leaveBehind(payload) {
  appendFileSync(process.env.ROOMD_SPILL_PATH, `${JSON.stringify(envelope('room.message.sent', payload))}\n`);
  if (++left === 2) say('left 2');
}

onOrder(
  (text) => {
    for (const [topic, payload] of JSON.parse(text)) {
      if (topic === 'crash') process.exit(1);
      if (topic === 'leave-behind') leaveBehind(payload);
      else write(topic, payload);
    }
  },
  (command) => {
    if (command.type === 'room.event') happened(command);
  },
);
obey();
