import { expect, it } from 'vitest';
import { Turn } from '../../../supervisor/base/turn.ts';

it('does one work at a time, in order, and goes on after one that failed', async () => {
  const turn = new Turn();
  const happened: string[] = [];
  const work = (name: string, gate: Promise<void>) => async () => {
    happened.push(`${name} begins`);
    await gate;
    happened.push(`${name} ends`);
    return name;
  };
  const gate = Promise.withResolvers<void>();
  const first = turn.take(work('first', gate.promise));
  const second = turn.take(() => Promise.reject(new Error('second')));
  const third = turn.take(work('third', Promise.resolve()));
  await new Promise(setImmediate);
  expect(happened).toEqual(['first begins']);
  gate.resolve();
  expect(await first).toBe('first');
  await expect(second).rejects.toThrow('second');
  expect(await third).toBe('third');
  expect(happened).toEqual(['first begins', 'first ends', 'third begins', 'third ends']);
});
