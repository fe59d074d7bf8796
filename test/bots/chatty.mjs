// A bot of a local room, by the protocol alone: it answers every message that mentions it, in reply, with what it heard.
// With the option `tells` it also says on standard error what it is told: topic, and whether it is past.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { obey, write } from './wire.mjs';

const own = process.env.ROOMD_ASSISTANT_ID ?? 'bot';
const { tells = false } = JSON.parse(process.env.ROOMD_OPTIONS ?? '{}');
let said = 0;

function say(text, replyTo) {
  const messageId = `${process.env.ROOMD_RUN_ID}-${++said}`.slice(-128);
  write('assistant.tool.invoked', { tool: 'message.send', allowed: true });
  write('room.message.sent', { messageId, participantId: own, text, ...(replyTo && { replyTo }), at: 0 });
}

function happened({ event: { topic, payload }, past = false, missed = 0 }) {
  if (tells) console.error(`told: ${topic}${past ? ' past' : ''}${missed > 0 ? ` after ${missed} missed` : ''}`);
  if (past || topic !== 'room.message.received' || !payload.mentions?.includes(own)) return;
  say(`You said: ${payload.text}`, payload.messageId);
}

write('assistant.room.join.requested', { attempt: 1 });
write('assistant.room.join.succeeded', { elapsedMs: 0 });
const { policyVersion } = JSON.parse(readFileSync(process.env.BOT_POLICY_PATH, 'utf8'));
write('assistant.session.started', { connector: process.env.ROOMD_CONNECTOR ?? 'local', policyVersion });
const beat = () => write('bot.health.heartbeat', { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 });
setInterval(beat, Number(process.env.ROOMD_HEARTBEAT_MS ?? 15_000)).unref();
createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  if (command.type === 'room.event') happened(command);
  else if (command.type === 'app_message') say(command.text);
});
obey();
