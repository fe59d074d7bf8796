import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Output, Stdout } from '../../bot/stdout.ts';
import { Unacknowledged } from '../../bot/unacknowledged.ts';
import { testBus } from '../helpers/test-bus.ts';

type Written = (error?: Error | null) => void;

/** A stream whose reader reads when the test says so. */
class StalledPipe implements Output {
  readonly chunks: string[] = [];
  readonly #pending: Written[] = [];
  #onError: (error: Error) => void = () => {};

  write(chunk: string, written: Written): void {
    this.chunks.push(chunk);
    this.#pending.push(written);
  }

  on(_event: 'error', listener: (error: Error) => void): void {
    this.#onError = listener;
  }

  /** The reader takes what was written; how many writes that were. */
  read(): number {
    const pending = this.#pending.splice(0);
    for (const written of pending) written();
    return pending.length;
  }

  breakDown(): void {
    const error = new Error('EPIPE');
    for (const written of this.#pending.splice(0)) written(error);
    this.#onError(error);
  }

  get lines(): { topic: string; payload: Record<string, unknown> }[] {
    const text = this.chunks.join('');
    return text === ''
      ? []
      : text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
  }
}

function setUp(limits = { lines: 100, bytes: 1_000_000 }, keepLines?: number) {
  const pipe = new StalledPipe();
  let gone = 0;
  let shedding = 0;
  const parts = testBus({ sink: (envelope) => stdout.write(envelope) });
  const { bus, clock } = parts;
  const kept = keepLines === undefined ? undefined : new Unacknowledged(clock, { lines: keepLines, bytes: 1_000_000 });
  const stdout = new Stdout(pipe, {
    clock,
    limits,
    kept,
    onDrops: (drop) => bus.publish('events.dropped', drop),
    onShedding: () => shedding++,
    onGone: () => gone++,
  });
  const speak = () => bus.publish('room.speaker.changed', { participantId: null, at: 0 });
  const join = (name = '') => bus.publish('room.participant.joined', { participantId: 'ada', isBot: false, name });
  const drain = async () => {
    do await setImmediate();
    while (pipe.read() > 0);
  };
  return { pipe, stdout, kept, bus, clock, speak, join, drain, gone: () => gone, shedding: () => shedding };
}

describe('Stdout', () => {
  test('lines of one turn leave in one write, and the next write waits for the first', async () => {
    const { pipe, join } = setUp();
    join();
    join();
    await setImmediate();
    expect(pipe.chunks).toHaveLength(1);
    expect(pipe.lines).toHaveLength(2);
    join();
    await setImmediate();
    expect(pipe.chunks).toHaveLength(1);
    pipe.read();
    expect(pipe.chunks).toHaveLength(2);
  });

  test('no write is larger than 64 KiB unless a line is', async () => {
    const { pipe, bus, drain } = setUp();
    const text = (length: number) =>
      bus.publish('room.transcript.received', {
        participantId: 'a',
        text: 'x'.repeat(length),
        at: 0,
        endAt: 1,
        final: true,
      });
    for (let i = 0; i < 10; i++) text(20_000);
    bus.publish('room.transcript.received', {
      participantId: 'a',
      text: 'ü'.repeat(60_000),
      at: 0,
      endAt: 1,
      final: true,
    });
    await drain();
    const sizes = pipe.chunks.map((chunk) => Buffer.byteLength(chunk));
    expect(sizes.filter((size) => size > 65_536)).toHaveLength(1);
    expect(pipe.lines).toHaveLength(11);
  });

  test('while nobody reads, telemetry goes first; afterwards published = received + dropped, topic by topic', async () => {
    const { pipe, stdout, bus, speak, join, drain, shedding } = setUp();
    join();
    await setImmediate();
    for (let i = 0; i < 300; i++) {
      speak();
      if (i % 2 === 0) join();
      expect(stdout.fill).toBeLessThanOrEqual(1);
    }
    expect(pipe.chunks).toHaveLength(1);
    expect(stdout.fill).toBe(1);
    expect(shedding()).toBe(1);
    await drain();
    const received = (topic: string) => pipe.lines.filter((line) => line.topic === topic).length;
    const reported = new Map<unknown, number>();
    for (const { topic, payload } of pipe.lines) {
      if (topic === 'events.dropped') {
        reported.set(payload.topic, (reported.get(payload.topic) ?? 0) + Number(payload.count));
      }
    }
    expect(received('room.speaker.changed') + (reported.get('room.speaker.changed') ?? 0)).toBe(300);
    expect(received('room.participant.joined') + (reported.get('room.participant.joined') ?? 0)).toBe(151);
    expect(received('room.speaker.changed')).toBe(0);
    expect(received('room.participant.joined')).toBe(100);
    expect(pipe.lines).toHaveLength(bus.counters.published - stdout.dropped);
  });

  test('a line that the supervisor would refuse as too long is dropped and reported', async () => {
    const { pipe, bus, drain } = setUp();
    const text = '\u0001'.repeat(60_000);
    bus.publish('room.transcript.received', { participantId: 'a', text, at: 0, endAt: 1, final: true });
    await drain();
    expect(pipe.lines.map(({ payload }) => payload)).toEqual([
      { topic: 'room.transcript.received', count: 1, reason: 'line_too_long' },
    ]);
  });

  test('flushing writes everything, the reports of what was dropped too, even into a full queue', async () => {
    const { pipe, stdout, join, drain } = setUp({ lines: 10, bytes: 1_000_000 });
    join();
    await setImmediate();
    for (let i = 0; i < 20; i++) join();
    const flushed = stdout.flush(1_000);
    await drain();
    await flushed;
    expect(stdout.left().lost).toBe(0);
    expect(pipe.lines.map(({ topic }) => topic)).toEqual([
      ...Array(10).fill('room.participant.joined'),
      'events.dropped',
    ]);
    await stdout.flush(0);
  });

  test('flushing ends at its deadline when nobody reads, and says how much is left', async () => {
    const { pipe, stdout, join, clock } = setUp();
    join();
    await setImmediate();
    join();
    let flushed = false;
    void stdout.flush(1_000).then(() => {
      flushed = true;
    });
    await clock.pass(999);
    expect(flushed).toBe(false);
    await clock.pass(1);
    await setImmediate();
    expect(flushed).toBe(true);
    expect(stdout.left()).toEqual({ kept: [], lost: 2 });
    expect(pipe.chunks).toHaveLength(1);
  });

  test('a reader that has gone is told once, and everything from then on counts as dropped', async () => {
    const { pipe, stdout, join, gone } = setUp();
    join();
    await setImmediate();
    join();
    pipe.breakDown();
    join();
    await setImmediate();
    expect(gone()).toBe(1);
    expect(pipe.chunks).toHaveLength(1);
    expect(stdout.dropped).toBe(2);
    await stdout.flush(1_000_000);
  });
});

describe('Stdout with a supervisor that acknowledges', () => {
  const idAt = (pipe: StalledPipe, index: number) =>
    (JSON.parse(pipe.chunks.join('').split('\n')[index] ?? '{}') as { id: string }).id;

  test('keeps what is authoritative until it is acknowledged, and nothing else', async () => {
    const { pipe, stdout, kept, join, speak, drain } = setUp(undefined, 10);
    join('a');
    speak();
    join('b');
    join('c');
    await drain();
    expect(stdout.left()).toMatchObject({
      kept: [{ id: idAt(pipe, 0) }, { id: idAt(pipe, 2) }, { id: idAt(pipe, 3) }],
    });
    kept?.acknowledge(idAt(pipe, 2));
    expect(stdout.left()).toMatchObject({ kept: [{ id: idAt(pipe, 3) }], lost: 0 });
  });

  test('stands still at the bound, and goes on when there is room', async () => {
    const { pipe, kept, join, drain } = setUp(undefined, 3);
    for (let i = 0; i < 3; i++) join(String(i));
    await drain();
    for (let i = 3; i < 5; i++) join(String(i));
    await drain();
    expect(pipe.lines).toHaveLength(3);
    kept?.acknowledge('0190b1c2-0000-7000-8000-unheard-of');
    await drain();
    expect(pipe.lines).toHaveLength(3);
    kept?.acknowledge(idAt(pipe, 0));
    await drain();
    expect(pipe.lines).toHaveLength(5);
  });

  test('loses patience when acknowledgements fail to come, and goes on with the newest lines kept', async () => {
    const { pipe, stdout, kept, join, drain, clock } = setUp(undefined, 3);
    for (let i = 0; i < 3; i++) join(String(i));
    await drain();
    for (let i = 3; i < 6; i++) join(String(i));
    await clock.pass(4_999);
    await drain();
    expect(pipe.lines).toHaveLength(3);
    await clock.pass(1);
    await drain();
    expect(pipe.lines).toHaveLength(6);
    expect(stdout.left().kept).toHaveLength(2);
    // The next acknowledgement is as good as ever, and the bound holds again.
    kept?.acknowledge(idAt(pipe, 5));
    for (let i = 6; i < 9; i++) join(String(i));
    await drain();
    join('9');
    await drain();
    expect(pipe.lines).toHaveLength(9);
    expect(stdout.left().kept).toHaveLength(4);
  });

  test('when the reader has gone keeps every authoritative event, later ones too, and reports the others', async () => {
    const { pipe, stdout, join, speak, gone } = setUp(undefined, 10);
    join('on its way');
    speak();
    await setImmediate();
    join('waiting');
    speak();
    pipe.breakDown();
    join('too late');
    speak();
    await stdout.flush(1_000_000);
    const { kept, lost } = stdout.left();
    const left = kept.map(({ text }) => JSON.parse(text) as { topic: string; payload: Record<string, unknown> });
    expect(left.slice(0, 3).map(({ payload }) => payload.name)).toEqual(['on its way', 'waiting', 'too late']);
    expect(left.slice(3)).toMatchObject([
      { topic: 'events.dropped', payload: { topic: 'room.speaker.changed', count: 2, reason: 'reader_gone' } },
    ]);
    expect([lost, gone()]).toEqual([1, 1]);
  });
});
