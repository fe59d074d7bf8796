import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Line } from '../../bot/line-queue.ts';
import { Unacknowledged } from '../../bot/unacknowledged.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const LIMITS = { lines: 8, bytes: 100 };
const line = (id: string, telemetry = false, bytes = 10): Line => ({ id, topic: 't', telemetry, text: id, bytes });

describe('Unacknowledged', () => {
  test('whatever comes, it keeps what a list would keep, in order', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          add: fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { maxLength: 4 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ acknowledge: fc.nat(60) }) },
      { weight: 1, arbitrary: fc.constant({ expectNoMore: true }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const kept = new Unacknowledged(new FakeClock(), LIMITS);
        let model: Line[] = [];
        let expecting = true;
        let made = 0;
        const isFull = () =>
          model.length >= LIMITS.lines || model.reduce((sum, { bytes }) => sum + bytes, 0) >= LIMITS.bytes;
        for (const each of steps) {
          if ('add' in each) {
            // As the output does it: nothing is handed over while it is blocked.
            if (kept.blocked) continue;
            const lines = each.add.map(([telemetry, bytes]) => line(String(made++), telemetry, bytes));
            kept.add(lines);
            model.push(...lines.filter(({ telemetry }) => !telemetry));
            if (!expecting) while (isFull()) model.shift();
          } else if ('acknowledge' in each) {
            kept.acknowledge(String(each.acknowledge));
            const index = model.findIndex(({ id }) => id === String(each.acknowledge));
            model = model.slice(index + 1);
            if (index >= 0) expecting = true;
          } else {
            kept.expectNoMore();
            expecting = false;
          }
          expect(kept.lines).toEqual(model);
          expect(kept.blocked).toBe(expecting && isFull());
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is settled with the last acknowledgement, with the end of the supervisor, or in time', async () => {
    const settledBy = async (event: (kept: Unacknowledged, clock: FakeClock) => void) => {
      const clock = new FakeClock();
      const kept = new Unacknowledged(clock, LIMITS);
      kept.add([line('a'), line('b')]);
      let settled = false;
      const over = kept.settled(1_000).then(() => {
        settled = true;
      });
      kept.acknowledge('a');
      await clock.pass(999);
      expect(settled).toBe(false);
      event(kept, clock);
      await over;
      expect(clock.waiting).toBe(0);
    };
    await settledBy((kept) => kept.acknowledge('b'));
    await settledBy((kept) => kept.expectNoMore());
    await settledBy((_, clock) => clock.advance(1));
    await new Unacknowledged(new FakeClock(), LIMITS).settled(1_000);
  });
});

test('patience begins anew after there was room', () => {
  const clock = new FakeClock();
  const kept = new Unacknowledged(clock, { lines: 2, bytes: 1_000 });
  const line = (id: string) => ({ id, topic: 't', telemetry: false, text: id, bytes: 2 });
  kept.add([line('a'), line('b')]);
  clock.advance(4_000);
  kept.acknowledge('b');
  kept.add([line('c'), line('d')]);
  clock.advance(4_000);
  // Eight seconds after the first, four after the last: somebody acknowledges.
  expect(kept.blocked).toBe(true);
  clock.advance(1_000);
  expect(kept.blocked).toBe(false);
});
