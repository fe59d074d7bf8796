// Writes what is no envelope, of every kind, and then goes on as if nothing had happened.
import { envelope, join, obey, write } from './wire.mjs';

const line = (text) => process.stdout.write(`${text}\n`);
const valid = envelope('room.typing.nowhere', {});

join();
line('Hello, I am a print statement.');
line('{"half": ');
line('[1,2,3]');
line('null');
line(JSON.stringify(valid));
write('room.message.sent', { messageId: 'm', participantId: 'bot' });
write('events.dropped', { topic: 'room.speaker.changed', count: 1e308, reason: 'to break sums' });
write('supervisor.policy.enforced', {
  action: 'record',
  rule: 'x',
  causeId: 'x',
  policyVersion: `sha256:${'0'.repeat(64)}`,
});
const twice = JSON.stringify(envelope('room.participant.joined', { participantId: 'ada', isBot: false }));
line(twice);
line(twice);
line(
  JSON.stringify(envelope('room.participant.joined', { participantId: 'bo', isBot: false })).replace(
    '"isBot":',
    '"isBot":true,"isBot":',
  ),
);
write('room.participant.left', { participantId: 'ada', isBot: false });
obey();
