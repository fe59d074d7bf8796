import { expect, test } from 'vitest';
import { joinRoom } from '../../bot/join.ts';
import { LocalRoom } from '../../bot/rooms/local.ts';
import { type Connector, ConnectorError } from '../../bot/rooms/port.ts';
import { testBus } from '../helpers/test-bus.ts';

/** Joins the way the outcomes say, one after the other; the last one goes on. */
function setUp(...outcomes: (undefined | Error | 'hang')[]) {
  const parts = testBus();
  const room: Connector = new LocalRoom({ ...parts, onError: () => {}, say: () => {} });
  const signals: AbortSignal[] = [];
  room.join = (signal) => {
    signals.push(signal);
    const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
    if (outcome === 'hang') return new Promise(() => {});
    return outcome === undefined ? Promise.resolve() : Promise.reject(outcome);
  };
  const abort = new AbortController();
  let result: unknown;
  const joining = joinRoom(room, { ...parts, random: () => 0.5 }, abort.signal);
  joining.then(
    (value) => {
      result = value;
    },
    (error: unknown) => {
      result = error;
    },
  );
  return { ...parts, abort, signals, result: () => result };
}

const busy = new ConnectorError('busy', true);

test('P9: a join that works is requested and has succeeded', async () => {
  const { clock, envelopes, result } = setUp(undefined);
  await clock.pass(0);
  expect(result()).toBe(true);
  expect(envelopes.map(({ topic, payload }) => [topic, payload])).toEqual([
    ['assistant.room.join.requested', { attempt: 1 }],
    ['assistant.room.join.succeeded', { elapsedMs: 0 }],
  ]);
  expect(clock.waiting).toBe(0);
});

test('P9: what may pass is tried again, with growing pauses and jitter', async () => {
  const { clock, topics, result, payloads } = setUp(busy, busy, undefined);
  await clock.pass(374);
  expect(topics()).toEqual(['assistant.room.join.requested', 'assistant.room.join.failed']);
  await clock.pass(1);
  expect(payloads('assistant.room.join.requested')).toHaveLength(2);
  await clock.pass(749);
  expect(payloads('assistant.room.join.requested')).toHaveLength(2);
  await clock.pass(1);
  expect(payloads('assistant.room.join.requested')).toEqual([{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }]);
  expect(payloads('assistant.room.join.failed')).toEqual([
    { reason: 'busy', retryable: true },
    { reason: 'busy', retryable: true },
  ]);
  expect(result()).toBe(true);
});

test('P9: after three attempts it has failed', async () => {
  const { clock, payloads, result } = setUp(busy);
  await clock.pass(60_000);
  expect(payloads('assistant.room.join.failed')).toHaveLength(3);
  expect(result()).toBe(busy);
});

test('what does not pass is not tried again', async () => {
  const never = new ConnectorError('no such room', false);
  const { clock, payloads, result } = setUp(never);
  await clock.pass(60_000);
  expect(payloads('assistant.room.join.failed')).toEqual([{ reason: 'no such room', retryable: false }]);
  expect(result()).toBe(never);
});

test('a surprise counts as something that may pass', async () => {
  const { clock, payloads } = setUp(new TypeError('oops'), undefined);
  await clock.pass(60_000);
  expect(payloads('assistant.room.join.failed')).toEqual([{ reason: 'oops', retryable: true }]);
  expect(payloads('assistant.room.join.succeeded')).toHaveLength(1);
});

test('a join that hangs is given up and tried again', async () => {
  const { clock, signals, payloads, result } = setUp('hang', undefined);
  await clock.pass(30_000);
  expect(signals[0]?.aborted).toBe(true);
  await clock.pass(1_000);
  expect(payloads('assistant.room.join.failed')).toHaveLength(1);
  expect(result()).toBe(true);
});

test.each(['hang', busy] as const)(
  'the wish to leave ends it in the middle of an attempt or a pause: %s',
  async (outcome) => {
    const { clock, abort, signals, result } = setUp(outcome);
    await clock.pass(100);
    abort.abort();
    await clock.pass(0);
    expect(result()).toBe(false);
    if (outcome === 'hang') expect(signals[0]?.aborted).toBe(true);
    expect(clock.waiting).toBe(0);
  },
);
