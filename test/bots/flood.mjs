// Writes valid events as fast as the pipe takes them.
import { once } from 'node:events';
import { envelope, join, obey } from './wire.mjs';

join();
obey();
while (process.exitCode === undefined) {
  let lines = '';
  for (let i = 0; i < 200; i++) {
    lines += `${JSON.stringify(envelope('room.speaker.changed', { participantId: 'ada', at: i }))}\n`;
  }
  if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
}
