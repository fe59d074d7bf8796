// Puts what nobody else should see wherever a bot can put something. Told so, it dies of an exception; its second attempt
// can't join.

import { beat, onOrder, say } from './orders.mjs';
import planted from './planted.json' with { type: 'json' };
import { envelope, join, obey, write } from './wire.mjs';

const { words, identifiers: ids } = planted;
const line = (text) => process.stdout.write(`${text}\n`);
const change = (topic, payload, more) => line(JSON.stringify(envelope(topic, payload, more)));
const joined = (name, pii) => write('room.participant.joined', { participantId: 'p', name, isBot: false }, { pii });

if (process.env.ROOMD_ATTEMPT === '2') {
  write('assistant.room.join.requested', { attempt: 1 });
  write('assistant.room.join.failed', { reason: words.joinFailed, retryable: false });
  process.stderr.write(`${words.stderr}\n`);
  process.exitCode = 78;
} else {
  obey();
  join();
  beat();
  tell();
  misbehave();
  onOrder(() => {
    throw new Error(words.exception);
  });
  say('told-everything');
}

/** All that the contract allows. */
function tell() {
  const speech = { participantId: ids.participantId, at: 0, endAt: 1, final: true };
  const context = { turnId: ids.turnId, sessionId: ids.sessionId };
  write('room.transcript.received', { ...speech, text: words.transcript }, context);
  write('room.transcript.received', { ...speech, text: words.unsafe }, context);
  write('room.message.sent', {
    messageId: ids.messageId,
    participantId: ids.participantId,
    text: words.message,
    at: 1,
  });
  write('room.participant.joined', { participantId: ids.participantId, name: ids.name, isBot: false });
  write('assistant.tool.invoked', { tool: ids.tool, turnId: ids.turnId, allowed: true });
  write('assistant.session.started', { connector: ids.connector, policyVersion: `sha256:${'0'.repeat(64)}` });
  write('assistant.session.failed', { reason: words.sessionFailed, retryable: true });
  write('events.dropped', { topic: ids.droppedTopic, count: 1, reason: words.dropped });
  const violation = { rule: ids.rule, severity: 'low', action: 'blocked', subject: ids.subject, count: 1 };
  write('conversation.policy.violation', { policyVersion: `sha256:${'0'.repeat(64)}`, ...violation });
  joined(words.marked, { level: 2, fields: [] });
  joined(words.named, { level: 1, fields: ['/name'] });
  // Neither can be delivered: the one can't be masked, the other has a number that is too large.
  joined(words.named, { level: 1, fields: [`/name/${words.pointer}`] });
  const interrupt = { participantId: ids.participantId, targetId: 'p', at: 0, overlapMs: 1 };
  line(JSON.stringify(envelope('room.interrupt.executed', interrupt)).replace('"at":0', '"at":12345678901234567890'));
  process.stderr.write(`${words.stderr}\n`);
}

/** And what it doesn't. */
function misbehave() {
  line(words.junk);
  line(`{"text":"${words.halfJson}`);
  line(words.oversize.repeat(20_000));
  change('room.message.sent', { messageId: words.wrongType, participantId: 'p', text: [words.wrongType], at: 'now' });
  change('room.message.sent', { messageId: 'm', participantId: 'p', text: '', at: 0, more: words.wrongField });
  change('room.participant.left', { participantId: 'p', isBot: true, [words.wrongKey]: 1 });
  change('room.participant.left', { participantId: 'p', isBot: true }, { [words.wrongKey]: 1 });
  change(words.unknownTopic, { text: words.wrongField });
  change('supervisor.bot.exited', {
    code: 0,
    signal: null,
    reason: words.reserved,
    uptimeMs: 0,
    stderr: [words.reserved],
  });
  change('room.participant.left', { participantId: 'p', isBot: true }, { tenantId: ids.tenantId, roomId: ids.roomId });
  change('room.participant.left', { participantId: 'p', isBot: true }, { specVersion: words.wrongType });
  change('room.participant.left', { participantId: 'p', isBot: true }, { specVersion: `sha256:${'e'.repeat(64)}` });
  const twice = JSON.stringify(envelope('room.participant.left', { participantId: 'p', isBot: true }));
  line(twice.replace('"isBot":', `"name":"${words.twice}","name":"${words.twice}","isBot":`));
}
