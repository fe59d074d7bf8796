// Is ready and never leaves, nor does what it has started.
import { spawn } from 'node:child_process';
import { write } from './wire.mjs';

const child = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'ignore' });
process.on('SIGTERM', () => {});
process.stderr.write(`${child.pid}\n`);
write('bot.health.heartbeat', { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 });
process.stdin.resume();
setInterval(() => {}, 1000);
