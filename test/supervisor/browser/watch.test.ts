import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNoise } from '../../../supervisor/browser/host/noise.ts';
import { watch } from '../../../supervisor/browser/watch.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function watched(ask?: () => Promise<unknown>) {
  const clock = new FakeClock();
  const silent: number[] = [];
  const onSilent = () => void silent.push(clock.monotonic());
  return { clock, silent, ...watch({ clock, periodMs: 10, periods: 2, onSilent, ...(ask && { ask }) }) };
}

it('what lives within its periods is never held for silent, and what does not is, once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (pauses) => {
      const { clock, silent, heard } = watched();
      for (const pause of pauses) {
        clock.advance(pause);
        expect(silent).toEqual([]);
        heard();
      }
      clock.advance(29);
      clock.advance(1);
      expect(silent).toHaveLength(1);
      clock.advance(1_000);
      expect(silent).toHaveLength(1);
      expect(clock.waiting).toBe(0);
    }),
  );
});

it('asks again when it was answered, however that went, and not before', async () => {
  const asked: PromiseWithResolvers<void>[] = [];
  const { clock, silent } = watched(() => {
    const answer = Promise.withResolvers<void>();
    asked.push(answer);
    return answer.promise;
  });
  for (const answer of ['resolve', 'reject'] as const) {
    const before = asked.length;
    await clock.pass(10);
    await clock.pass(10);
    expect(asked.length).toBe(before + 1);
    asked.at(-1)?.[answer]();
    await clock.pass(0);
  }
  expect(silent).toEqual([]);
  await clock.pass(30);
  expect([asked.length, silent]).toEqual([3, [70]]);
});

it('says nothing when it was stopped', () => {
  const { clock, silent, stop } = watched();
  clock.advance(29);
  stop();
  stop();
  expect(clock.waiting).toBe(0);
  expect(silent).toEqual([]);
});

it('a page may write a thousand lines in ten seconds, and 8 MiB', () => {
  const clock = new FakeClock();
  const isQuiet = createNoise(clock);
  const several = (count: number, length: number) =>
    Array.from({ length: count }, () => isQuiet(length)).every((quiet) => quiet);
  expect([several(1_000, 100), isQuiet(1)]).toEqual([true, false]);
  clock.advance(10_000);
  expect([several(8, 1_048_576), isQuiet(1)]).toEqual([true, false]);
  clock.advance(10_000);
  expect(isQuiet(1)).toBe(true);
});
