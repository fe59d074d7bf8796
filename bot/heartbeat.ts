import type { Bus } from '../spec/runtime/bus.ts';
import type { Clock, Timer } from '../spec/runtime/clock.ts';

export interface HeartbeatParts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly everyMs: number;
  /** How full the output queue is, 0 to 1, and how many events it has had to drop. */
  readonly output: { readonly fill: number; readonly dropped: number };
  readonly rssBytes: () => number;
  /** The first one now, not only when the first interval is over. */
  readonly atOnce?: boolean;
}

/** Says that the bot is alive, every so often, until cancelled. */
export function startHeartbeat({ bus, clock, everyMs, output, rssBytes, atOnce = false }: HeartbeatParts): Timer {
  const start = clock.monotonic();
  const beat = () => {
    timer = clock.after(everyMs, beat);
    bus.publish('bot.health.heartbeat', {
      uptimeMs: Math.round(clock.monotonic() - start),
      rssBytes: rssBytes(),
      queueFill: output.fill,
      published: bus.counters.published,
      dropped: output.dropped,
    });
  };
  let timer = clock.after(atOnce ? 0 : everyMs, beat);
  return { cancel: () => timer.cancel() };
}
