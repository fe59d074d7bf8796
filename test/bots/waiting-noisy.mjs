// Takes no notice of having no room: it is ready, and writes and writes.
import { write } from './wire.mjs';

write('bot.health.heartbeat', { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 });
process.stdin.resume();
setInterval(() => {
  for (let i = 0; i < 100; i++) process.stdout.write('still here, still no room\n');
}, 1);
