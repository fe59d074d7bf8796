// Claims to be another room, another run and another place in the sequence; writes an integer that JavaScript can't hold.
import { envelope, join, obey } from './wire.mjs';

join();
const lie = envelope(
  'room.participant.joined',
  { participantId: 'ada', isBot: false },
  {
    roomId: 'somebody-else',
    tenantId: 'another-tenant',
    meta: { attempt: 9, runId: 'not-mine', seq: 1_000_000, receivedAt: 1 },
  },
);
process.stdout.write(`${JSON.stringify(lie)}\n`);
const big = envelope('bot.health.heartbeat', { uptimeMs: 0, rssBytes: 1, queueFill: 0, published: 0, dropped: 0 });
process.stdout.write(`${JSON.stringify(big).replace('"rssBytes":1', '"rssBytes":9007199254740993')}\n`);
obey();
