import type { Clock } from '../../spec/runtime/clock.ts';
import { TokenBucket } from '../../spec/token-bucket.ts';
import type { Caller } from './auth.ts';
import { Problem } from './problem.ts';

const MINUTE_MS = 60_000;

/** How often each consumer may open a live stream or ask something of one. */
export interface Rate {
  /** Throws a Problem when the consumer has asked too often. */
  take(caller: Caller, connection: object): void;
}

/** `anonymous`: no tokens tell consumers apart, so each connection is one. */
export function createRate(clock: Clock, { perMinute, anonymous }: { perMinute: number; anonymous: boolean }): Rate {
  const buckets = new WeakMap<object, TokenBucket>();
  return {
    take(caller, connection) {
      const consumer = anonymous ? connection : caller;
      const now = clock.monotonic();
      const bucket = buckets.get(consumer) ?? new TokenBucket(perMinute, MINUTE_MS, now);
      buckets.set(consumer, bucket);
      if (bucket.take(now)) return;
      const seconds = Math.ceil(60 / perMinute);
      throw new Problem(
        'too-many-requests',
        `expected at most ${perMinute} a minute (http.streams.requestsPerMinute); try again in ${seconds} s`,
        { headers: { 'retry-after': String(seconds) } },
      );
    },
  };
}
