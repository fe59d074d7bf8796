import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Acks } from '../../../supervisor/room/acks.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const collect = () => {
  const clock = new FakeClock();
  const sent: { through: string; at: number }[] = [];
  const acks = new Acks(clock, (through) => sent.push({ through, at: clock.monotonic() }));
  return { clock, sent, acks };
};

it('sends the first at once, then the newest every 50 ms, and none when there is nothing new', () => {
  const { clock, sent, acks } = collect();
  for (const through of ['a', 'b', 'c']) acks.committed(through);
  clock.advance(50);
  clock.advance(1_000);
  acks.committed('d');
  expect(sent).toEqual([
    { through: 'a', at: 0 },
    { through: 'c', at: 50 },
    { through: 'd', at: 1_050 },
  ]);
});

it('never sends more often, and never leaves the last one out', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(120), { minLength: 1, maxLength: 80 }), (gaps) => {
      const { clock, sent, acks } = collect();
      gaps.forEach((gap, i) => {
        clock.advance(gap);
        acks.committed(String(i));
      });
      clock.advance(50);
      expect(sent.at(-1)?.through).toBe(String(gaps.length - 1));
      const order = sent.map(({ through }) => Number(through));
      expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
      for (let i = 1; i < sent.length; i++) {
        expect((sent[i]?.at ?? 0) - (sent[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(50);
      }
      acks.stop();
      expect(clock.waiting).toBe(0);
    }),
  );
});
