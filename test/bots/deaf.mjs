// Hears neither the shutdown command, nor the end of stdin, nor SIGTERM, and has a child that doesn't either.
import { spawn } from 'node:child_process';
import { join, write } from './wire.mjs';

const child = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'ignore' });
process.on('SIGTERM', () => process.stderr.write('SIGTERM? never heard of it\n'));
process.on('SIGINT', () => {});
join();
write('room.participant.joined', { participantId: `child-${child.pid}`, isBot: true });
process.stdin.resume();
setInterval(() => {}, 1000);
