import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { throttle } from '../../../supervisor/child/throttle.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const KIB = 1_024;

/** A throttled stream of 8 MiB, and how many KiB were read of it. */
function flood(byte = 'x') {
  const clock = new FakeClock();
  const chunks = Array.from({ length: 128 }, () => Buffer.alloc(64 * KIB, byte));
  const stream = Readable.from(chunks, { objectMode: false });
  const got = { kib: 0 };
  const throttled = throttle(stream, clock);
  stream.on('data', (chunk: Buffer) => {
    got.kib += chunk.length / KIB;
  });
  return { clock, stream, got, throttled };
}

async function paused(stream: Readable): Promise<void> {
  while (!stream.isPaused()) await setImmediate();
}

it('rests 50 ms after each MiB', async () => {
  const { clock, stream, got } = flood();
  for (const mib of [1, 2, 3]) {
    await paused(stream);
    expect(got.kib).toBe(mib * KIB);
    clock.advance(49);
    expect(stream.isPaused()).toBe(true);
    clock.advance(1);
    expect(stream.isPaused()).toBe(false);
  }
  stream.destroy();
});

it('rests after fewer bytes, and longer, when lines are short', async () => {
  const { clock, stream, got } = flood('\n');
  await paused(stream);
  expect(got.kib).toBe(64);
  clock.advance(199);
  expect(stream.isPaused()).toBe(true);
  clock.advance(1);
  expect(stream.isPaused()).toBe(false);
  stream.destroy();
});

it('lifted, it reads on at once, a whole MiB however short its lines, and not for ever', async () => {
  const { clock, stream, got, throttled } = flood('\n');
  await paused(stream);
  throttled.lift();
  expect([stream.isPaused(), clock.waiting]).toEqual([false, 0]);
  await paused(stream);
  expect(got.kib).toBeGreaterThan(64 + KIB);
  stream.destroy();
});

it('leaves no timer behind when the stream is closed', async () => {
  const { clock, stream } = flood();
  await paused(stream);
  expect(clock.waiting).toBe(1);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy();
  await closed;
  expect(clock.waiting).toBe(0);
});
