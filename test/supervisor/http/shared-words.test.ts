import { expect, it } from 'vitest';
import type { Wording } from '../../../supervisor/http/live-format.ts';
import { SharedWords } from '../../../supervisor/http/shared-words.ts';
import { packets } from '../../../supervisor/http/socket-io/packets.ts';
import type { LogRecord } from '../../../supervisor/log/port.ts';
import { entry } from '../log/support.ts';

/** How often something is worded, and bytes are made. */
function counted() {
  const counts = { words: 0, bytes: 0 };
  const wording: Wording = {
    ...packets,
    event(position, envelope) {
      counts.words += 1;
      return `${position} ${envelope}`;
    },
    encode(parts) {
      counts.bytes += 1;
      return Buffer.from(parts.join('\n'));
    },
  };
  return { counts, words: new SharedWords('epoch', wording) };
}

const record = (offset: number): LogRecord => ({ ...entry(String(offset)), offset });

it('words an event once for all who see the same of it', () => {
  const { words, counts } = counted();
  const [one, two] = [record(1), record(2)];
  for (let reader = 0; reader < 3; reader++) {
    expect(words.event(one, 'whole')).toBe('epoch.1 whole');
    expect(words.event(one, 'masked')).toBe('epoch.1 masked');
    expect(words.event(two, 'whole')).toBe('epoch.2 whole');
  }
  expect(counts.words).toBe(3);
});

it('never takes one event for another that stood in its place, nor for its namesake of another reading', () => {
  const { words } = counted();
  for (const offset of [7, 7 + 1_024, 7, 7 + 2_048]) {
    expect(words.event(record(offset), 'same')).toBe(`epoch.${offset} same`);
  }
});

it('keeps no long ones', () => {
  const { words, counts } = counted();
  const long = record(1);
  words.event(long, 'x'.repeat(5_000));
  words.event(long, 'x'.repeat(5_000));
  expect(counts.words).toBe(2);
});

it('makes the bytes of a write once for all who are given the same', () => {
  const { words, counts } = counted();
  const first = words.bytes(['a', 'b']);
  expect(first.toString()).toBe('a\nb');
  expect(words.bytes(['a', 'b'])).toBe(first);
  for (const others of [['a'], ['a', 'b', 'c'], ['a', 'c'], ['b', 'a']]) {
    expect(words.bytes(others).toString()).toBe(others.join('\n'));
  }
  expect(counts.bytes).toBe(5);
  expect(words.bytes(['a', 'b'])).toBe(first);
  // Of many different ones the oldest is forgotten.
  for (let i = 0; i < 8; i++) words.bytes([String(i)]);
  expect(words.bytes(['a', 'b'])).not.toBe(first);
});
