import { expect, test } from 'vitest';
import { LocalRoom } from '../../../bot/rooms/local.ts';
import { Past } from '../../../bot/rooms/past.ts';
import type { Envelope } from '../../../spec/envelope.ts';
import { testBus } from '../../helpers/test-bus.ts';

const id = '0190b1c2-0000-7000-9000-000000000000';

function setUp() {
  const parts = testBus();
  const room = new LocalRoom({ ...parts, onError: () => expect.unreachable(), say: () => {} });
  const heard: Envelope[] = [];
  const past: unknown[] = [];
  parts.bus.subscribe('**', (envelope) => heard.push(envelope));
  room.past.on('room.participant.joined', (payload, ago) => past.push([payload, ago]));
  const tell = (of: object = {}, ts = 5) => {
    const payload = { participantId: 'ada', isBot: false };
    room.happened({ type: 'room.event', event: { id, ts, topic: 'room.participant.joined', payload }, ...of });
  };
  return { ...parts, room, heard, past, tell };
}

test('C1: what happens is heard under its own id and time, and not published', async () => {
  const { room, tell, heard, envelopes, bus } = setUp();
  await room.join();
  tell();
  expect(heard).toMatchObject([{ id, ts: 5, topic: 'room.participant.joined', payload: { participantId: 'ada' } }]);
  expect([envelopes, bus.counters.published]).toEqual([[], 0]);
  await room.leave();
});

test('what is past is told apart, with its age; clocks that disagree make nobody younger than now', async () => {
  const { room, tell, heard, past, clock } = setUp();
  await room.join();
  tell({ past: true }, clock.now() - 1_000);
  tell({ past: true }, clock.now() + 1_000);
  const payload = { participantId: 'ada', isBot: false };
  expect([past, heard]).toEqual([
    [
      [payload, 1_000],
      [payload, 0],
    ],
    [],
  ]);
  await room.leave();
});

test('out of the room nothing is heard, and nothing said', async () => {
  const { room, tell, heard, past, clock } = setUp();
  tell();
  await expect(room.send('hi')).rejects.toMatchObject({ retryable: false });
  await room.join();
  await room.leave();
  tell();
  tell({ past: true });
  expect([heard, past, clock.waiting]).toEqual([[], [], 0]);
  await expect(room.send('hi')).rejects.toMatchObject({ message: 'not in the room' });
});

test('of the past only what fits is told, to whoever asked for it', () => {
  const past = new Past();
  const seen: unknown[] = [];
  past.on('room.message.sent', ({ messageId }) => seen.push(messageId));
  past.on('room.message.sent', ({ text }) => seen.push(text));
  past.tell('room.message.sent', { messageId: 'm', participantId: 'bot', text: 'hi', at: 0 }, 0);
  past.tell('room.message.sent', { messageId: 'n' }, 0);
  past.tell('room.message.received', { messageId: 'o', participantId: 'a', text: 'hi', at: 0 }, 0);
  past.tell('no.such.topic', {}, 0);
  expect(seen).toEqual(['m', 'hi']);
});
