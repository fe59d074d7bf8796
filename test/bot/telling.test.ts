import { describe, expect, test } from 'vitest';
import { OptionsError } from '../../bot/options.ts';
import { LocalRoom } from '../../bot/rooms/local.ts';
import { ConnectorError } from '../../bot/rooms/port.ts';
import { Telling, tellingInto } from '../../bot/telling.ts';
import { testBus } from '../helpers/test-bus.ts';

interface Told {
  readonly roomd: { id: string; ts: number; topic: string; payload?: unknown; missed?: number; tooLarge?: number };
}

function setUp(tell: unknown) {
  const parts = testBus();
  const told: Told['roomd'][] = [];
  const room = new LocalRoom({ ...parts, onError: () => {}, say: () => {} });
  let fails = false;
  const into = Object.assign(room, {
    tell: (data: object) => {
      if (fails) return Promise.reject(new ConnectorError('not in the call', true));
      told.push((data as Told).roomd);
      return Promise.resolve();
    },
  });
  const telling = tellingInto(into, { ...parts, options: { tell } });
  const fail = (now: boolean) => {
    fails = now;
  };
  /** An event of the bot, authoritative. */
  const acts = (reason: string) => parts.bus.publish('assistant.session.ended', { reason, durationMs: 1 });
  /** Telemetry. */
  const beats = (published: number) =>
    parts.bus.publish('room.connection.changed', { state: 'connected', at: published });
  const reasons = () => told.map(({ payload }) => (payload as { reason?: string } | undefined)?.reason);
  return { ...parts, telling, told, fail, acts, beats, reasons };
}

describe('what browsers in the room are told', () => {
  test('is the chosen events, as they are, from when the bot is in', async () => {
    const { telling, told, bus, clock, acts, envelopes } = setUp({ topics: ['assistant.session.*', 'events.**'] });
    acts('early');
    bus.publish('assistant.room.join.requested', { attempt: 1 });
    await clock.pass(10_000);
    expect(told).toEqual([]);
    telling?.present(true);
    await clock.pass(0);
    const [{ id, ts, topic, payload } = {}] = envelopes;
    expect(told).toEqual([{ id, ts, topic, payload }]);
    telling?.stop();
  });

  test('is what the bot does; of what happens in the room, only what a pattern of rooms chooses', async () => {
    for (const [pattern, expected] of [
      ['**', ['room.message.sent', 'assistant.session.ended']],
      ['room.**', ['room.message.received', 'room.message.sent']],
    ] as const) {
      const { telling, told, bus, clock, acts } = setUp({ topics: [pattern], perSecond: 50 });
      telling?.present(true);
      const message = { messageId: 'm', participantId: 'ada', text: 'hi', at: 0 };
      bus.publish('room.message.received', message);
      bus.publish('room.message.sent', message);
      acts('done');
      await clock.pass(1_000);
      expect(told.map(({ topic }) => topic)).toEqual(expected);
    }
  });

  test.each([5, 0.5])('comes at the pace of %d a second', async (perSecond) => {
    const { telling, told, clock, acts } = setUp({ topics: ['assistant.**'], perSecond });
    telling?.present(true);
    for (let i = 0; i < 50; i++) acts(`${i}`);
    await clock.pass(0);
    const first = Math.max(1, perSecond);
    expect(told).toHaveLength(first);
    await clock.pass(4_000);
    expect(told.length).toBeLessThanOrEqual(first + 4 * perSecond);
    expect(told.length).toBeGreaterThanOrEqual(first + 4 * perSecond - 1);
    telling?.stop();
    expect(clock.waiting).toBe(0);
    await clock.pass(60_000);
    expect(told.length).toBeLessThanOrEqual(first + 4 * perSecond);
  });

  test('is never above 4,096 bytes: what is larger says how large it is', async () => {
    const { telling, told, bus, clock } = setUp({ topics: ['room.message.sent'], perSecond: 50 });
    telling?.present(true);
    const sent = (text: string) =>
      bus.publish('room.message.sent', { messageId: 'm', participantId: 'b', text, at: 0 });
    const frame = () => Buffer.byteLength(JSON.stringify({ roomd: told.at(-1) }));
    sent('');
    await clock.pass(0);
    const left = 4_096 - frame();
    sent('x'.repeat(left));
    await clock.pass(0);
    expect([frame(), told.at(-1)?.tooLarge]).toEqual([4_096, undefined]);
    sent('x'.repeat(left + 1));
    await clock.pass(0);
    expect(told.at(-1)?.tooLarge).toBe(4_097);
    const fits = Math.floor(left / 4);
    sent('😀'.repeat(fits));
    await clock.pass(0);
    expect([frame() <= 4_096, told.at(-1)?.tooLarge]).toEqual([true, undefined]);
    sent('😀'.repeat(fits + 1));
    await clock.pass(1_000);
    expect(told.at(-1)).toEqual({
      id: expect.any(String),
      ts: clock.now() - 1_000,
      topic: 'room.message.sent',
      tooLarge: expect.any(Number),
    });
    expect(told.at(-1)?.tooLarge).toBeGreaterThan(4_096);
  });

  test('is bounded: telemetry gives way first, then the oldest, and the next one says how many are missing', async () => {
    const { telling, told, clock, acts, beats, reasons } = setUp({
      topics: ['assistant.**', 'room.connection.changed'],
      perSecond: 50,
    });
    acts('first');
    for (let i = 0; i < 10; i++) beats(i);
    for (let i = 0; i < 94; i++) acts(`${i + 1}`);
    telling?.present(true);
    await clock.pass(0);
    expect(told[0]).toMatchObject({ payload: { reason: 'first' }, missed: 5 });
    expect(told[1]).toMatchObject({ topic: 'room.connection.changed', payload: { at: 5 } });
    expect(told[1]?.missed).toBeUndefined();
    await clock.pass(10_000);
    expect([told.length, reasons().at(-1)]).toEqual([100, '94']);
    telling?.present(false);
    told.length = 0;
    for (let i = 0; i < 103; i++) acts(`${i}`);
    telling?.present(true);
    await clock.pass(10_000);
    expect([told.length, reasons()[0], told[0]?.missed]).toEqual([100, '3', 3]);
  });

  test('and could not be told is missing, too', async () => {
    const { telling, told, clock, acts, fail, reasons } = setUp({ topics: ['assistant.**'], perSecond: 50 });
    telling?.present(true);
    fail(true);
    acts('a');
    await clock.pass(0);
    acts('b');
    await clock.pass(0);
    fail(false);
    acts('c');
    await clock.pass(0);
    expect([reasons(), told[0]?.missed]).toEqual([['c'], 2]);
  });

  test('goes one by one', async () => {
    const parts = testBus();
    const done: (() => void)[] = [];
    const telling = new Telling({
      ...parts,
      options: { topics: ['assistant.**'], perSecond: 50 },
      tell: () => new Promise((resolve) => done.push(resolve)),
    });
    telling.present(true);
    for (let i = 0; i < 3; i++) parts.bus.publish('assistant.session.ended', { reason: '-', durationMs: i });
    for (let i = 1; i <= 3; i++) {
      await parts.clock.pass(1_000);
      expect(done).toHaveLength(i);
      done.at(-1)?.();
    }
  });

  test('waits while the bot is outside', async () => {
    const { telling, clock, acts, reasons } = setUp({ topics: ['assistant.**'] });
    telling?.present(true);
    telling?.present(false);
    acts('a');
    await clock.pass(10_000);
    expect(reasons()).toEqual([]);
    telling?.present(true);
    await clock.pass(0);
    expect(reasons()).toEqual(['a']);
  });
});

describe('the option tell', () => {
  test('is for rooms in which there is somebody to tell, and says nothing where nothing is chosen', () => {
    const parts = testBus();
    const room = new LocalRoom({ ...parts, onError: () => {}, say: () => {} });
    expect(tellingInto(room, { ...parts, options: { tell: { topics: ['**'] } } })).toBeUndefined();
    expect(setUp({ topics: [] }).telling).toBeUndefined();
    expect(setUp(undefined).telling).toBeUndefined();
  });

  test.each([
    [null, /^options.tell.topics: /],
    [{}, /^options.tell.topics: /],
    [{ topics: ['a b'] }, /^options.tell.topics: /],
    [{ topics: [7] }, /^options.tell.topics: /],
    [{ topics: Array(65).fill('**') }, /at most 64/],
    [{ topics: ['**'], perSecond: 0 }, /^options.tell.perSecond: .* got 0$/],
    [{ topics: ['**'], perSecond: 51 }, /^options.tell.perSecond: /],
    [{ topics: ['**'], perSecond: '5' }, /^options.tell.perSecond: /],
  ])('that is wrong, %j, is refused', (tell, message) => {
    expect(() => setUp(tell)).toThrow(OptionsError);
    expect(() => setUp(tell)).toThrow(message);
  });
});
