// Told to leave, it tidies up, and is never done with it: well and talkative all the while, and so is its child.
import { spawn } from 'node:child_process';
import { say } from './orders.mjs';
import { join } from './wire.mjs';

const child = spawn('/bin/sh', ['-c', 'trap "" TERM HUP; while :; do sleep 1; done'], {
  detached: true,
  stdio: 'ignore',
});
let disposing = false;
const dispose = () => {
  if (disposing) return;
  disposing = true;
  setInterval(() => say('still disposing'), 20);
};
join();
say(`child-${child.pid}`);
process.on('SIGTERM', dispose);
process.stdin.on('data', (chunk) => {
  if (chunk.includes('"shutdown"')) dispose();
});
process.stdin.on('end', dispose);
