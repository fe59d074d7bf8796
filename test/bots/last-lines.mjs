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
// A few megabytes, so that some of it is still in the pipe when all is over.
const lines = Array.from({ length: 800 }, (_, i) => {
  const words = { participantId: 'ada', text: `line-${i}`.padEnd(4_000), at: i, endAt: i, final: true };
  return JSON.stringify(envelope('room.transcript.received', words));
});
put(1, `${lines.join('\n')}\n`);
for (let i = 0; i < 100; i++) put(2, `trace ${i}\n`);
deaths[options.how]();
