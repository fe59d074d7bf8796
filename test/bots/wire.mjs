// What the misbehaving bots share: a valid envelope, written by hand, with nothing of roomd's own code.
import { randomBytes } from 'node:crypto';

export function uuid7() {
  const hex = Date.now().toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function envelope(topic, payload, more = {}) {
  const specVersion = process.env.ROOMD_SPEC_VERSION;
  return { id: uuid7(), ts: Date.now(), topic, specVersion, runtime: 'bot', payload, ...more };
}

export function write(topic, payload, more) {
  process.stdout.write(`${JSON.stringify(envelope(topic, payload, more))}\n`);
}

export function join() {
  write('assistant.room.join.requested', { attempt: 1 });
  write('assistant.room.join.succeeded', { elapsedMs: 0 });
}

/** Lives until its supervisor says otherwise. */
export function obey() {
  process.stdin.on('data', (chunk) => {
    if (chunk.includes('"shutdown"')) leave();
  });
  process.stdin.on('end', leave);
  process.on('SIGTERM', leave);
}

function leave() {
  process.stdin.destroy();
  process.exitCode = 0;
}
