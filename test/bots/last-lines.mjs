// Dies as its options say, right after its last lines; a child that outlives it may hold its pipes open.
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { options } from './orders.mjs';
import { envelope, join } from './wire.mjs';

/** Returns when it has left this process: what hasn't dies with it, and is nobody else's to save. */
function put(fd, text) {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // The pipe is full: it is being read.
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const deaths = {
  abort: () => process.abort(),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  exit: () => process.exit(3),
  throw() {
    throw new Error('the last straw');
  },
};
if (options.heir) spawn('/bin/sh', ['-c', 'trap "" TERM HUP; sleep 100000'], { detached: true, stdio: 'inherit' });
join();
for (let i = 0; i < 300; i++) {
  const line = envelope('room.participant.joined', { participantId: `line-${i}`, isBot: true });
  put(1, `${JSON.stringify(line)}\n`);
}
for (let i = 0; i < 100; i++) put(2, `trace ${i}\n`);
deaths[options.how]();
