import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Line, LineQueue } from '../../bot/line-queue.ts';

const line = (topic: string, telemetry: boolean, bytes = 10): Line => ({
  id: `id-${topic}`,
  topic,
  telemetry,
  text: topic,
  bytes,
});
const topicsOf = ({ lines }: { lines: readonly Line[] }) => lines.map(({ topic }) => topic);
const drops = (queue: LineQueue) =>
  Object.fromEntries(queue.takeDrops().map((d) => [`${d.topic} ${d.reason}`, d.count]));

describe('LineQueue', () => {
  test('lines leave whole, in order, in chunks within the limit, and their place is free when they are written', () => {
    const queue = new LineQueue({ lines: 100, bytes: 1_000 });
    for (const topic of ['a', 'b', 'c']) queue.push(line(topic, false));
    queue.push(line('large', false, 500));
    const chunk = queue.take(25);
    expect(chunk).toEqual({ text: 'a\nb\n', lines: [line('a', false), line('b', false)], bytes: 20 });
    expect(queue.waiting().map(({ topic }) => topic)).toEqual(['c', 'large']);
    expect(queue.lines).toBe(4);
    queue.release(chunk);
    expect(queue.lines).toBe(2);
    expect(topicsOf(queue.take(25))).toEqual(['c']);
    expect(topicsOf(queue.take(25))).toEqual(['large']);
    expect(topicsOf(queue.take(25))).toEqual([]);
  });

  test('over half full the oldest telemetry goes first, then new telemetry, and at the bound the new line', () => {
    const queue = new LineQueue({ lines: 10, bytes: 1_000 });
    for (let i = 0; i < 4; i++) queue.push(line(`t${i}`, true));
    queue.push(line('a0', false));
    expect(drops(queue)).toEqual({});
    queue.push(line('a1', false));
    queue.push(line('t4', true));
    expect(drops(queue)).toEqual({ 't0 telemetry_shed': 1, 't1 telemetry_shed': 1 });
    for (let i = 2; i < 10; i++) queue.push(line(`a${i}`, false));
    expect(drops(queue)).toEqual({ 't2 telemetry_shed': 1, 't3 telemetry_shed': 1, 't4 telemetry_shed': 1 });
    queue.push(line('t5', true));
    queue.push(line('a10', false));
    queue.push(line('a10', false));
    expect(drops(queue)).toEqual({ 't5 queue_full': 1, 'a10 queue_full': 2 });
    expect(topicsOf(queue.take(1_000))).toEqual([...Array(10).keys()].map((i) => `a${i}`));
    expect(queue.dropped).toBe(8);
  });

  test('telemetry makes room for a line that is larger than half of the queue', () => {
    const queue = new LineQueue({ lines: 10, bytes: 100 });
    queue.push(line('t', true, 40));
    queue.push(line('a', false, 70));
    expect(topicsOf(queue.take(1_000))).toEqual(['a']);
  });

  test('whatever comes, it stays within its bounds, keeps the order and accounts for every line', () => {
    const step = fc.record({
      kind: fc.constantFrom('push', 'push', 'push', 'take', 'written'),
      telemetry: fc.boolean(),
      bytes: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = new LineQueue({ lines: 20, bytes: 300 });
        const taken: number[] = [];
        const inFlight: ReturnType<LineQueue['take']>[] = [];
        let pushed = 0;
        for (const { kind, telemetry, bytes } of steps) {
          if (kind === 'push') queue.push(line(String(pushed++), telemetry, bytes));
          if (kind === 'take') {
            const chunk = queue.take(100);
            taken.push(...topicsOf(chunk).map(Number));
            inFlight.push(chunk);
          }
          const written = kind === 'written' ? inFlight.shift() : undefined;
          if (written) queue.release(written);
          expect(queue.lines).toBeLessThanOrEqual(20);
          expect(queue.bytes).toBeLessThanOrEqual(300);
        }
        for (const chunk of inFlight) queue.release(chunk);
        for (let chunk = queue.take(100); chunk.lines.length > 0; chunk = queue.take(100)) {
          taken.push(...topicsOf(chunk).map(Number));
          queue.release(chunk);
        }
        const lost = queue.takeDrops().map(({ topic }) => Number(topic));
        expect(taken).toEqual([...taken].sort((a, b) => a - b));
        expect([...taken, ...lost].sort((a, b) => a - b)).toEqual([...Array(pushed).keys()]);
        expect([queue.lines, queue.bytes, queue.dropped]).toEqual([0, 0, lost.length]);
      }),
      { numRuns: 300 },
    );
  });
});
