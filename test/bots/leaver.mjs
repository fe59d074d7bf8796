// Leaves events behind that were never acknowledged: one that it has written as well, and some that it hasn't.
import { writeFileSync } from 'node:fs';
import { envelope, join, write } from './wire.mjs';

join();
const violation = {
  policyVersion: `sha256:${'0'.repeat(64)}`,
  rule: 'tools.deny',
  severity: 'high',
  action: 'blocked',
  subject: 'message.send',
  count: 1,
};
const both = envelope('room.participant.joined', { participantId: 'both', isBot: false });
process.stdout.write(`${JSON.stringify(both)}\n`);
const late = [
  both,
  envelope('assistant.room.join.requested', { attempt: 2 }),
  envelope('assistant.room.join.failed', { reason: 'late', retryable: true }),
  envelope('conversation.policy.violation', violation),
  envelope('room.participant.left', { participantId: 'late', isBot: false }),
];
writeFileSync(process.env.ROOMD_SPILL_PATH, late.map((each) => `${JSON.stringify(each)}\n`).join(''));
write('room.participant.left', { participantId: 'written after', isBot: false });
process.exitCode = JSON.parse(process.env.ROOMD_OPTIONS).code;
