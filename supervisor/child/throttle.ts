import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';

const BYTES = 1_048_576;
const PAUSE_MS = 50;
/** In bytes: many short lines take as long as a few long ones many times their size. */
const COST_OF_LINE = 64;
const NEWLINE = 10;

export interface Throttle {
  /** No pause now, nor in the next MiB: what is left of a writer that has gone comes without delay. */
  lift(): void;
}

/**
 * Rests for 50 ms after each MiB that it reads, sooner or longer when its lines are short. The pipe then slows who
 * writes, and others get their turn.
 */
export function throttle(stream: Readable, clock: Clock): Throttle {
  let used = 0;
  let rest: Timer | undefined;
  const goOn = () => {
    rest?.cancel();
    stream.resume();
  };
  stream.on('data', (chunk: Buffer) => {
    used += costOf(chunk);
    if (used < BYTES) return;
    stream.pause();
    rest = clock.after(PAUSE_MS * Math.floor(used / BYTES), goOn);
    used = 0;
  });
  stream.once('close', () => rest?.cancel());
  return {
    lift() {
      used = -BYTES * (1 + COST_OF_LINE);
      goOn();
    },
  };
}

function costOf(chunk: Buffer): number {
  let cost = chunk.length;
  for (const byte of chunk) if (byte === NEWLINE) cost += COST_OF_LINE;
  return cost;
}
