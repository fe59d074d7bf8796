// Waits for a room as it should: heartbeats until it gets one, then it joins. Tells its environment on stderr first.
import { join, obey, write } from './wire.mjs';

process.stderr.write(`${JSON.stringify(process.env)}\n`);
process.stdout.write('a library says hello\n');
const beat = () => write('bot.health.heartbeat', { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 });
beat();
setInterval(beat, Number(process.env.ROOMD_HEARTBEAT_MS)).unref();

let rest = '';
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const command of lines.map((line) => JSON.parse(line))) {
    if (command.type !== 'assign') continue;
    process.stderr.write(`assigned ${command.env.ROOMD_ROOM_ID}\n`);
    join();
  }
});
obey();
