// Prepares envelopes, says so on stderr, waits for a line on stdin, and writes as fast as the pipe takes them.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

const [total] = process.argv.slice(2).map(Number);
const CYCLE = 10_000;
const { ROOMD_SPEC_VERSION: specVersion } = process.env;

const line = (i) => {
  const hex = (1730000000000 + i).toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  const payload = {
    participantId: `participant-${i % 7}`,
    at: i * 10,
    speaking: [`participant-${i % 7}`, 'somebody-else'],
  };
  return `${JSON.stringify({ id, ts: 1730000000000 + i, topic: 'room.speaker.changed', specVersion, runtime: 'bot', sessionId: 'e2f1f5a0-8d7f-4a38-9a0c-9f2c9a3a7b11', payload, meta: { attempt: 1 } })}\n`;
};

const blocks = [];
for (let i = 0; i < CYCLE; i += 200) {
  blocks.push(Buffer.from(Array.from({ length: 200 }, (_, j) => line(i + j)).join('')));
}
process.stderr.write('ready\n');
await once(process.stdin, 'data');
process.stdin.destroy();
for (let sent = 0; sent < total; sent += 200) {
  if (!process.stdout.write(blocks[(sent / 200) % blocks.length])) await once(process.stdout, 'drain');
}
