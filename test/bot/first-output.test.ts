import { expect, test } from 'vitest';
import { FirstOutput } from '../../bot/first-output.ts';
import type { Output } from '../../bot/stdout.ts';

/** What arrived, and by which way; `takes` answers for the descriptor. */
function output(takes: (bytes: Uint8Array) => number = (bytes) => bytes.length) {
  const arrived: string[] = [];
  const written: (Error | null | undefined)[] = [];
  const listeners: ((error: Error) => void)[] = [];
  let opened = 0;
  const stream: Output = {
    write: (chunk, done) => {
      arrived.push(`stream ${Buffer.from(chunk)}`);
      done();
    },
    on: (_, listener) => listeners.push(listener),
  };
  const first = new FirstOutput(
    (bytes) => {
      const count = takes(bytes);
      arrived.push(`now ${Buffer.from(bytes.subarray(0, count))}`);
      return count;
    },
    () => {
      opened++;
      return stream;
    },
  );
  const write = (chunk: string) => first.write(chunk, (error) => written.push(error));
  return { first, write, arrived, written, listeners, opened: () => opened };
}

test('what is said first goes straight out, told when it has, and opens nothing', async () => {
  const { write, arrived, written, opened } = output();
  write('a\n');
  expect(written).toEqual([]);
  await undefined;
  write('b\n');
  await undefined;
  expect(arrived).toEqual(['now a\n', 'now b\n']);
  expect(written).toEqual([undefined, undefined]);
  expect(opened()).toBe(0);
});

test('beyond what any pipe holds the stream takes over, for good, listeners included', () => {
  const { first, write, arrived, opened, listeners } = output();
  const before = () => {};
  first.on('error', before);
  write('x'.repeat(4_000));
  write('ü'.repeat(49));
  write('late');
  write('l');
  const after = () => {};
  first.on('error', after);
  expect(arrived.map((text) => text.slice(0, 8))).toEqual(['now xxxx', 'stream ü', 'stream l', 'stream l']);
  expect(opened()).toBe(1);
  expect(listeners).toEqual([before, after]);
});

test('what fits exactly goes straight out', () => {
  const { write, opened } = output();
  write('ü'.repeat(2_048));
  expect(opened()).toBe(0);
});

test('the rest of what was taken in part follows by the stream, whole characters or not', () => {
  const { write, arrived } = output(() => 1);
  write('aü');
  expect(arrived).toEqual(['now a', 'stream ü']);
});

test('what the descriptor refuses the stream gets', () => {
  const { write, arrived } = output(() => {
    throw new Error('EAGAIN');
  });
  write('a');
  expect(arrived).toEqual(['stream a']);
});
