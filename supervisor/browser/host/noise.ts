import type { Clock } from '../../../spec/runtime/clock.ts';
import { TokenBucket } from '../../../spec/token-bucket.ts';

/** Lines of a page's console: each of them goes through this process, whether anybody reads it or not. */
const LINES = { most: 1_000, perMs: 10_000 };
/** In UTF-16 units, within the same time. */
const MAX_LENGTH = 8 * 1_048_576;

/** What a page writes to its console: for each line, whether it may go on. */
export function createNoise(clock: Clock): (length: number) => boolean {
  const lines = new TokenBucket(LINES.most, LINES.perMs, clock.monotonic());
  let total = 0;
  let since = clock.monotonic();
  return (length) => {
    const now = clock.monotonic();
    if (now - since >= LINES.perMs) {
      since = now;
      total = 0;
    }
    total += length;
    return lines.take(now) && total <= MAX_LENGTH;
  };
}
