import { expect, it } from 'vitest';
import { createPace } from '../../../supervisor/http/pace.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function pace(readers: number) {
  const clock = new FakeClock();
  const closing = new AbortController();
  let released = 0;
  const { rest } = createPace(clock, () => readers, closing.signal);
  return {
    clock,
    closing,
    rest: async () => {
      await rest();
      released += 1;
    },
    released: () => released,
  };
}

it('few readers never rest', async () => {
  const { rest, clock, released } = pace(16);
  await rest();
  expect([released(), clock.waiting]).toEqual([1, 0]);
});

it('many rest until the next beat, which is one for all', async () => {
  const { rest, clock, released } = pace(200);
  void rest();
  await clock.pass(10);
  void rest();
  await clock.pass(4);
  expect([released(), clock.waiting]).toEqual([0, 1]);
  await clock.pass(1);
  await clock.pass(0);
  expect([released(), clock.waiting]).toEqual([2, 0]);
  void rest();
  await clock.pass(14);
  expect(released()).toBe(2);
  await clock.pass(1);
  await clock.pass(0);
  expect(released()).toBe(3);
});

it('however many they are, none rests longer than 40 ms', async () => {
  const { rest, clock, released } = pace(100_000);
  void rest();
  await clock.pass(39);
  expect(released()).toBe(0);
  await clock.pass(1);
  await clock.pass(0);
  expect(released()).toBe(1);
});

it('nobody rests when roomd stops', async () => {
  const { rest, clock, closing, released } = pace(200);
  const resting = rest();
  closing.abort();
  await resting;
  await rest();
  expect([released(), clock.waiting]).toEqual([2, 0]);
});
