import type { Publish } from '../base/publish.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { LogRecord } from '../log/port.ts';

const MAX_REASON = 1024;

/** What the forwarder tells the world about itself. */
export function createAnnouncer(target: string, telemetry: Telemetry, publish: Publish) {
  return {
    /** Nothing gets through: `backlog` events wait, the oldest for `oldestMs`. */
    deferred(reason: string, backlog: number, oldestMs: number) {
      telemetry.deliveryDeferred(target, backlog, reason);
      publish('forwarding.delivery.deferred', { backlog, oldestMs, reason: reason.slice(0, MAX_REASON) });
    },
    recovered(durationMs: number) {
      telemetry.deliveryRecovered(target, durationMs);
      publish('forwarding.delivery.recovered', { durationMs });
    },
    /** Removed from the log before they could be sent. */
    expired(count: number) {
      telemetry.eventsMissed(target, count);
      publish('forwarding.delivery.expired', { count });
    },
    deadLettered({ id, topic }: LogRecord, reason: string) {
      telemetry.eventDeadLettered(id, topic, reason);
      publish('forwarding.delivery.dead_lettered', { eventId: id, reason: reason.slice(0, MAX_REASON) });
    },
  };
}

export type Announcer = ReturnType<typeof createAnnouncer>;
