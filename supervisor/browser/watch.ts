import type { Clock } from '../../spec/runtime/clock.ts';

export interface Watched {
  readonly clock: Clock;
  readonly periodMs: number;
  /** Begun in silence; when they are over, it is over. */
  readonly periods: number;
  /** Asks for a sign of life, at the end of a period, and not again before there was one. Any end of it is an answer. */
  readonly ask?: () => Promise<unknown>;
  /** Once, and not after `stop`. */
  onSilent(): void;
}

export interface Watch {
  /** There was a sign of life. */
  heard(): void;
  /** Idempotent. */
  stop(): void;
}

/**
 * Notices what lives and doesn't answer. Periods are counted one by one, so that nobody is taken for dead because this
 * process was frozen itself: what has come meanwhile is heard before the next one is over.
 */
export function watch({ clock, periodMs, periods, ask, onSilent }: Watched): Watch {
  let silent = 0;
  const heard = () => {
    silent = 0;
  };
  const period = () => {
    if (silent === periods) return onSilent();
    timer = clock.after(periodMs, period);
    silent++;
    if (silent === 1) ask?.().then(heard, heard);
  };
  let timer = clock.after(periodMs, period);
  return { heard, stop: () => timer.cancel() };
}
