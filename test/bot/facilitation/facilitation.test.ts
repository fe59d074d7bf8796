import { expect, test } from 'vitest';
import { Facilitation } from '../../../bot/facilitation/facilitation.ts';
import { readBehaviour } from '../../../bot/options.ts';
import { Timeline } from '../../../bot/rooms/room-clock.ts';
import { testBus } from '../../helpers/test-bus.ts';

async function setUp(options = {}) {
  const parts = testBus();
  const room = new Timeline(parts.clock, 1, () => expect.unreachable());
  const facilitation = new Facilitation(parts.bus, room, readBehaviour(options));
  room.start();
  const join = (participantId: string) => parts.bus.publish('room.participant.joined', { participantId, isBot: false });
  const speak = (at: number, ...speaking: string[]) =>
    parts.bus.publish('room.speaker.changed', { participantId: speaking[0] ?? null, at, speaking });
  const scores = () => parts.payloads('room.dominance.score');
  return { ...parts, facilitation, join, speak, scores };
}

test('P22: a score every 30 s in which the window holds speech, and a last one', async () => {
  const { clock, facilitation, join, speak, scores } = await setUp({ window: 60_000 });
  join('ada');
  join('bo');
  await clock.pass(45_000);
  expect(scores()).toEqual([]);
  speak(45_000, 'ada');
  await clock.pass(20_000);
  speak(65_000);
  await clock.pass(115_000);
  expect(scores()).toMatchObject([
    { at: 60_000, windowMs: 60_000, participants: [{ participantId: 'ada', seconds: 15, share: 1 }, { seconds: 0 }] },
    { at: 90_000, participants: [{ seconds: 20 }, {}] },
    { at: 120_000, participants: [{ seconds: 5 }, {}] },
  ]);
  await clock.pass(5_000);
  facilitation.finish();
  expect(scores()).toHaveLength(4);
  expect(scores()[3]).toMatchObject({ at: 185_000, gini: 0, dominance: 0 });
  await clock.pass(60_000);
  expect(scores()).toHaveLength(4);
});

test('P22: no last score for a room that nobody was in, nor the same one twice', async () => {
  const empty = await setUp();
  await empty.clock.pass(100_000);
  empty.facilitation.finish();
  expect(empty.scores()).toEqual([]);
  const { clock, facilitation, join, speak, scores } = await setUp();
  join('ada');
  speak(0, 'ada');
  await clock.pass(30_000);
  facilitation.finish();
  expect(scores()).toHaveLength(1);
});

test('P22: interruptions are published, also from connectors that name only the holder of the floor', async () => {
  const { bus, speak, payloads } = await setUp();
  speak(0, 'A');
  speak(4_000, 'A', 'B');
  speak(5_000, 'B');
  expect(payloads('room.interrupt.executed')).toEqual([
    { participantId: 'B', targetId: 'A', at: 4_000, overlapMs: 1_000 },
  ]);
  bus.publish('room.speaker.changed', { participantId: 'C', at: 6_000 });
  bus.publish('room.speaker.changed', { participantId: null, at: 9_000 });
  expect(payloads('room.interrupt.executed')).toHaveLength(1);
});

test('P22: words that are not final decide nothing', async () => {
  const { bus, speak, payloads } = await setUp();
  const words = (final: boolean) =>
    bus.publish('room.transcript.received', { participantId: 'B', text: 'a b c d', at: 4_500, endAt: 5_200, final });
  speak(0, 'A');
  speak(4_500, 'A', 'B');
  speak(5_000, 'B');
  speak(5_200);
  words(false);
  expect(payloads('room.interrupt.executed')).toEqual([]);
  words(true);
  expect(payloads('room.interrupt.executed')).toHaveLength(1);
});
