// Lives as the options say: { life, times, afterMs }. It misbehaves in its first `times` attempts, each time after a while,
// and is a good bot from then on.
import { spawn } from 'node:child_process';
import { join, obey, write } from './wire.mjs';

const { life, times, afterMs } = JSON.parse(process.env.ROOMD_OPTIONS);
const attempt = Number(process.env.ROOMD_ATTEMPT);
const STUBBORN = ['-c', 'trap "" TERM HUP; while :; do sleep 1; done'];

const misdeeds = {
  crash() {
    throw new Error('out of luck');
  },
  again: () => process.exit(75),
  done: () => process.exit(0),
  refused: () => process.exit(78),
  suicide: () => process.kill(process.pid, 'SIGKILL'),
  // One child stays in the process group and holds the pipes, one leaves it, and both outlive the bot.
  family() {
    throw new Error('somebody look after the children');
  },
};

join();
const beat = { uptimeMs: 0, rssBytes: 0, queueFill: 0, published: 0, dropped: 0 };
setInterval(() => {
  write('bot.health.heartbeat', { ...beat, uptimeMs: Math.round(process.uptime() * 1_000) });
}, Number(process.env.ROOMD_HEARTBEAT_MS)).unref();
if (life === 'deaf') {
  process.on('SIGTERM', () => {});
  process.stdin.resume();
  setInterval(() => {}, 1_000);
} else obey();
if (life === 'family') {
  spawn('/bin/sh', STUBBORN, { stdio: 'inherit' }).unref();
  spawn('/bin/sh', STUBBORN, { stdio: 'ignore', detached: true }).unref();
}
if (attempt <= times) setTimeout(misdeeds[life], afterMs);
