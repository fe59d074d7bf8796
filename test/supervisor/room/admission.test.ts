import { describe, expect, it } from 'vitest';
import { admit, type Load } from '../../../supervisor/room/admission.ts';

const MIB = 2 ** 20;
const config = { max: 10, freeMemory: 256 * MIB, wait: 10_000 };
const calm: Load = { rooms: 0, freeMemory: 8_192 * MIB, startWaitMs: 0, logProblem: undefined };
const admitted = (load: Partial<Load>) => admit({ ...calm, ...load }, config);

describe('a room is let in', () => {
  it.each([{}, { rooms: 9 }, { freeMemory: 256 * MIB }, { startWaitMs: 10_000 }])(
    'up to the bounds, and at them: %j',
    (load) => expect(admitted(load)).toBeUndefined(),
  );

  it.each([
    [{ rooms: 10 }, 'rooms', 'all 10 rooms are taken (rooms.max); stop one or wait', 5],
    [
      { freeMemory: 255 * MIB },
      'memory',
      'expected 256 MiB of free memory (rooms.admission.freeMemory), got 255 MiB',
      10,
    ],
    [
      { startWaitMs: 14_400 },
      'starts',
      'a new bot would wait about 14 s for its turn to start (rooms.admission.wait)',
      5,
    ],
    [
      { startWaitMs: 10_000.4 },
      'starts',
      'a new bot would wait about 10 s for its turn to start (rooms.admission.wait)',
      1,
    ],
    [
      { logProblem: 'database or disk is full' },
      'log',
      'nothing that happens in a room could be kept: database or disk is full',
      10,
    ],
  ])('not beyond them, and told why and when to ask again: %j', (load, reason, detail, retryAfterSeconds) => {
    expect(admitted(load)).toEqual({ reason, detail, retryAfterSeconds });
  });

  it.each([
    [0.2, 'about 1 ms'],
    [400, 'about 400 ms'],
    [1_000, 'about 1 s'],
  ])('never told to wait about nothing: %d ms', (startWaitMs, words) => {
    expect(admit({ ...calm, startWaitMs }, { ...config, wait: 0 })?.detail).toContain(words);
  });
});
