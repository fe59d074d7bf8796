import { Writable } from 'node:stream';
import { expect, onTestFinished } from 'vitest';
import planted from '../bots/planted.json' with { type: 'json' };
import { tracesIn } from './traces.ts';

/** What test bots say, write to stderr, call things, or put into lines that are no events: no supervisor may log it. */
const UNSPEAKABLE = [
  ...Object.values(planted.words),
  ...Object.values(planted.identifiers),
  'I am a print statement',
  'a library says hello',
  'room.typing.nowhere',
  'to break sums',
  'not today',
  'I feel a little',
  'never heard of it',
  'no such module: everything',
  'got nothing',
  'hunter2 said',
];
const MAX_KEPT = 4_000_000;

/** Fails when any of it stands in what a supervisor wrote. */
export function assertDiscreet(written: string | Buffer): void {
  expect(tracesIn(written, UNSPEAKABLE), 'what a supervisor has written').toEqual([]);
}

/** Where a supervisor may log to: all of it is looked at, at the latest when the test ends. */
export function discreetLog(): Writable {
  let kept = '';
  const look = () => {
    assertDiscreet(kept);
    kept = '';
  };
  onTestFinished(look);
  return new Writable({
    decodeStrings: false,
    write(line: string, _, done) {
      kept += line;
      if (kept.length > MAX_KEPT) look();
      done();
    },
  });
}
