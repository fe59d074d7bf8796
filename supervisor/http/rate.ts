import type { Clock } from '../../spec/runtime/clock.ts';
import { TokenBucket } from '../../spec/token-bucket.ts';
import type { Caller } from './caller.ts';
import { Problem } from './problem.ts';

const MINUTE_MS = 60_000;

/** How often each consumer may do something. */
export interface Rate {
  /** Throws a Problem when the consumer has asked too often, so many times as `count` says included. */
  take(caller: Caller, connection: object, count?: number): void;
}

export interface RateOptions {
  readonly perMinute: number;
  /** Whom it is counted for. Of the same thing always the same object. */
  readonly consumer: (caller: Caller, connection: object) => object;
  /** The setting's name. */
  readonly setting: string;
}

export function createRate(clock: Clock, { perMinute, consumer, setting }: RateOptions): Rate {
  const buckets = new WeakMap<object, TokenBucket>();
  return {
    take(caller, connection, count = 1) {
      const key = consumer(caller, connection);
      const now = clock.monotonic();
      const bucket = buckets.get(key) ?? new TokenBucket(perMinute, MINUTE_MS, now);
      buckets.set(key, bucket);
      let taken = 0;
      while (taken < count && bucket.take(now)) taken++;
      if (taken === count) return;
      const seconds = Math.ceil((60 * (count - taken)) / perMinute);
      throw new Problem(
        'too-many-requests',
        `expected at most ${perMinute} a minute (${setting}); try again in ${seconds} s`,
        { headers: { 'retry-after': String(seconds) } },
      );
    },
  };
}
