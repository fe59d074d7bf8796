import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parseEnvelope } from '../../../spec/envelope.ts';
import type { TopicId } from '../../../spec/generated/topics.ts';
import { SPEC_VERSION, testBus } from '../../helpers/test-bus.ts';

const joined = { participantId: 'ada', isBot: false };

describe('publish', () => {
  test('builds an envelope that satisfies its schema, once, and hands the same one to everybody', () => {
    const { bus, clock, envelopes } = testBus({ context: { roomId: 'r', tenantId: 't' }, meta: { attempt: 2 } });
    const seen: unknown[] = [];
    bus.subscribe('room.participant.joined', (envelope) => seen.push(envelope));
    const result = bus.publish('room.participant.joined', joined, { sessionId: 's', tenantId: 'other' });
    expect(result).toEqual({
      ok: true,
      envelope: {
        id: '0190b1c2-0000-7000-8000-000000000000',
        ts: clock.now(),
        topic: 'room.participant.joined',
        specVersion: SPEC_VERSION,
        runtime: 'bot',
        roomId: 'r',
        tenantId: 'other',
        sessionId: 's',
        payload: joined,
        meta: { attempt: 2 },
      },
    });
    if (!result.ok) throw new Error('unreachable');
    expect(parseEnvelope(JSON.stringify(result.envelope)).ok).toBe(true);
    expect(envelopes[0]).toBe(result.envelope);
    expect(seen[0]).toBe(result.envelope);
    expect(bus.counters).toEqual({ published: 1, rejected: 0, errors: 0 });
  });

  test.each<[string, string, unknown, string]>([
    ['a topic that the spec does not know', 'room.nothing', {}, 'unknown_topic'],
    ['a name from the prototype', 'constructor', {}, 'unknown_topic'],
    ['no topic at all', undefined as unknown as string, {}, 'unknown_topic'],
    ['a payload that does not fit', 'room.participant.joined', { participantId: 'ada' }, 'invalid_payload'],
    ['a payload that is none', 'room.participant.joined', null, 'invalid_payload'],
    ['a payload that throws', 'room.participant.joined', throwing(), 'invalid_payload'],
  ])('%s comes back as the reason', (_, topic, payload, reason) => {
    const { bus, envelopes, errors } = testBus();
    const result = bus.publish(topic as TopicId, payload as never);
    expect(result).toMatchObject({ ok: false, reason });
    expect(envelopes).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(bus.counters).toEqual({ published: 0, rejected: 1, errors: 0 });
  });

  test('context that does not fit the envelope comes back as the reason', () => {
    const { bus } = testBus();
    const result = bus.publish('room.participant.joined', joined, { roomId: 'x'.repeat(129) });
    expect(result).toMatchObject({ ok: false, reason: 'invalid_envelope' });
  });

  test('a subscriber, a promise and a sink that fail hurt nobody and are counted and reported', async () => {
    const { bus, errors } = testBus({
      sink: () => {
        throw new Error('sink');
      },
    });
    const seen: string[] = [];
    bus.subscribe('**', () => {
      throw new Error('subscriber');
    });
    bus.subscribe('**', () => Promise.reject(new Error('promise')));
    bus.subscribe('**', ({ topic }) => seen.push(topic));
    expect(bus.publish('room.participant.joined', joined).ok).toBe(true);
    await setImmediate();
    expect(seen).toEqual(['room.participant.joined']);
    expect(bus.counters).toEqual({ published: 1, rejected: 0, errors: 3 });
    expect(errors.map(({ where, error }) => `${where}: ${(error as Error).message}`)).toEqual([
      'sink: sink',
      'subscriber: subscriber',
      'subscriber: promise',
    ]);
  });

  test('not even a failing error handler or clock reaches the publisher', () => {
    const fail = () => {
      throw new Error('broken');
    };
    const { bus } = testBus({ onError: fail, newId: fail });
    expect(bus.publish('room.participant.joined', joined).ok).toBe(false);
  });
});

describe('subscribe', () => {
  test('patterns choose topics, and unsubscribing ends it, even in the middle of an event', () => {
    const { bus } = testBus();
    const seen: string[] = [];
    const stops: (() => void)[] = [];
    const note = (name: string) => () => void seen.push(name);
    bus.subscribe('room.*.joined', () => {
      seen.push('first');
      for (const stop of stops) stop();
    });
    stops.push(bus.subscribe('room.participant.joined', note('stopped by the first')));
    bus.subscribe('room.**', note('rest'));
    bus.subscribe('room.*', note('one word'));
    bus.publish('room.participant.joined', joined);
    bus.publish('room.participant.left', joined);
    expect(seen).toEqual(['first', 'rest', 'rest']);
    expect(() => bus.subscribe('room.**.x', () => {})).toThrow(RangeError);
  });

  test('events published from within a subscriber come after the current one, for everybody', () => {
    const { bus, topics } = testBus();
    const seen: string[] = [];
    bus.subscribe('room.participant.joined', () => bus.publish('room.participant.left', joined));
    bus.subscribe('room.**', ({ topic }) => seen.push(topic));
    bus.publish('room.participant.joined', joined);
    expect(seen).toEqual(['room.participant.joined', 'room.participant.left']);
    expect(topics()).toEqual(seen);
  });

  test('subscribers that answer events with events without end are stopped, and the bus goes on', () => {
    const { bus } = testBus();
    bus.subscribe('room.participant.joined', () => {
      bus.publish('room.participant.joined', joined);
      bus.publish('room.participant.joined', joined);
    });
    expect(bus.publish('room.participant.joined', joined).ok).toBe(true);
    expect(bus.counters.rejected).toBeGreaterThan(0);
    expect(bus.counters.published).toBeLessThan(100_000);
    expect(bus.publish('room.participant.left', joined).ok).toBe(true);
  });
});

describe('receive', () => {
  test('hands on what was published elsewhere, in order with what is published here, and sends it nowhere', () => {
    const elsewhere = testBus().bus.publish('room.participant.joined', joined);
    if (!elsewhere.ok) throw new Error('unreachable');
    const { bus, envelopes } = testBus();
    const seen: string[] = [];
    bus.subscribe('room.participant.joined', () => bus.publish('room.participant.left', joined));
    bus.subscribe('room.participant.*', ({ topic }) => seen.push(topic));
    expect(bus.receive(elsewhere.envelope)).toBe(true);
    expect(seen).toEqual(['room.participant.joined', 'room.participant.left']);
    expect(bus.replay('**', 5).map(({ topic }) => topic)).toEqual(seen);
    expect(envelopes.map(({ topic }) => topic)).toEqual(['room.participant.left']);
    expect(bus.counters.published).toBe(1);
  });

  test('an event that sets off itself without end is dropped, and the bus goes on', () => {
    const elsewhere = testBus().bus.publish('room.participant.joined', joined);
    if (!elsewhere.ok) throw new Error('unreachable');
    const { bus } = testBus();
    const answers: boolean[] = [];
    const stop = bus.subscribe('room.participant.joined', ({ id }) => {
      if (answers.length < 5_000)
        answers.push(bus.receive(elsewhere.envelope), bus.receive({ ...elsewhere.envelope, id }));
    });
    expect(bus.receive(elsewhere.envelope)).toBe(true);
    expect(answers).toContain(false);
    expect(bus.counters.rejected).toBeGreaterThan(0);
    stop();
    expect(bus.receive(elsewhere.envelope)).toBe(true);
  });
});

describe('replay', () => {
  test('gives the newest matching events, oldest first, as far as the ring reaches', () => {
    const { bus } = testBus({ replay: 4 });
    for (const participantId of ['a', 'b', 'c']) {
      bus.publish('room.participant.joined', { participantId, isBot: false });
      bus.publish('room.participant.left', { participantId, isBot: false });
    }
    const ids = (pattern: string, count: number) => bus.replay(pattern, count).map(({ id }) => Number(id.slice(-2)));
    expect(ids('**', 100)).toEqual([2, 3, 4, 5]);
    expect(ids('room.participant.joined', 1)).toEqual([4]);
    expect(ids('**', 0)).toEqual([]);
    expect(ids('conversation.**', 5)).toEqual([]);
  });
});

function throwing() {
  return {
    get participantId() {
      throw new Error('no');
    },
  };
}
