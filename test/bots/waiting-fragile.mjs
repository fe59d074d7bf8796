// Waits for a room, and dies of getting one; started in one it joins.
import { join, obey, write } from './wire.mjs';

if (process.env.ROOMD_WARM === '1') {
  write('bot.health.heartbeat', { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 });
  process.stdin.on('data', (chunk) => {
    if (chunk.includes('"assign"')) process.kill(process.pid, 'SIGKILL');
    else process.exit(0);
  });
  process.stdin.on('end', () => process.exit(0));
} else {
  join();
  obey();
}
