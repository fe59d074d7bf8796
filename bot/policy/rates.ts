import type { Rate } from '../../spec/policy.ts';
import { nameMatcher } from '../../spec/runtime/match.ts';
import { TokenBucket } from '../../spec/token-bucket.ts';

interface Metered {
  readonly rate: Rate;
  readonly covers: (topic: string) => boolean;
  readonly bucket: TokenBucket;
}

/** How often the bot may still act, by the rates of its policy: a token bucket each. Times are monotonic milliseconds. */
export class Rates {
  #metered: readonly Metered[] = [];

  /** Other rates from now on. One that has changed is as full as it was, as a share; one that is new is full. */
  renew(rates: readonly Rate[], now: number): void {
    const before = this.#metered;
    this.#metered = rates.map((rate) => {
      return before.find((known) => isSame(known.rate, rate)) ?? meter(rate, now, shareOf(before, rate, now));
    });
  }

  /** The ids of rates that leave no room for one more act of this topic. */
  exhausted(topic: string, now: number): string[] {
    return this.#metered.flatMap(({ rate, covers, bucket }) => (covers(topic) && !bucket.has(now) ? [rate.id] : []));
  }

  /** The bot has acted. */
  take(topic: string, now: number): void {
    for (const { covers, bucket } of this.#metered) if (covers(topic)) bucket.take(now);
  }
}

function meter(rate: Rate, now: number, share: number): Metered {
  return {
    rate,
    covers: nameMatcher(rate.topic),
    bucket: new TokenBucket(rate.limit, rate.per, now, 0, share),
  };
}

/** Layers may give rates of one id: the emptiest counts. */
function shareOf(before: readonly Metered[], { id }: Rate, now: number): number {
  const shares = before.filter(({ rate }) => rate.id === id).map(({ bucket }) => bucket.share(now));
  return Math.min(1, ...shares);
}

function isSame(a: Rate, b: Rate): boolean {
  return a.id === b.id && a.topic === b.topic && a.limit === b.limit && a.per === b.per;
}
