// What bots share that a test talks to: heartbeats, and orders that come as application messages.
import { appendFileSync } from 'node:fs';
import { write } from './wire.mjs';

export const options = JSON.parse(process.env.ROOMD_OPTIONS ?? '{}');
export const attempt = Number(process.env.ROOMD_ATTEMPT);

/** Beats from now on, as often as a bot should; each beat is noted in the file `journal` of the options, if there is one. */
export function beat() {
  const once = () => {
    write('bot.health.heartbeat', { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 });
    if (options.journal !== undefined) appendFileSync(options.journal, '.');
  };
  once();
  setInterval(once, Number(process.env.ROOMD_HEARTBEAT_MS)).unref();
}

/** Says something that a test can wait for. */
export function say(participantId) {
  write('room.participant.joined', { participantId, isBot: true });
}

/** Calls back with the text of each order, and with every other command. */
export function onOrder(callback, other = () => {}) {
  let rest = '';
  process.stdin.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const command = JSON.parse(line);
      if (command.type === 'app_message') callback(command.text);
      else other(command);
    }
  });
}
