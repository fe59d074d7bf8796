import type { TelemetryParts } from './parts.ts';

/** Forwarding. */
export function forwardTelemetry({ log, metrics, summary }: TelemetryParts) {
  return {
    batchSent(target: string, entries: number, delivered: number, ms: number) {
      metrics.forwardRequests.inc({
        result: delivered === entries ? 'complete' : delivered > 0 ? 'partial' : 'failed',
      });
      metrics.forwarded.inc(delivered);
      log.info({ target, entries, delivered, ms: Math.round(ms) }, 'batch sent');
    },
    entryRetried(kind: string, count: number) {
      metrics.forwardRetries.inc({ kind }, count);
    },
    eventNotForwarded(reason: string) {
      metrics.notForwarded.inc({ reason });
    },
    eventsMissed(target: string, count: number) {
      metrics.forwardMissed.inc(count);
      log.error({ target, count }, 'events were removed from the log before they could be forwarded');
    },
    eventDeadLettered(eventId: string, topic: string, reason: string) {
      metrics.deadLettered.inc();
      summary.error('set aside', { eventId, topic, reason }, 'event set aside as undeliverable');
    },
    deliveryDeferred(target: string, backlog: number, reason: string) {
      metrics.forwardOutages.inc();
      log.error({ target, backlog, reason }, 'target takes no events: they wait on disk');
    },
    deliveryRecovered(target: string, durationMs: number) {
      log.info({ target, durationMs }, 'target takes events again');
    },
    redriveStarted(selected: number) {
      log.info({ selected }, 'dead letters are sent again');
    },
    redriveEnded(state: string, delivered: number, refused: number, remaining: number) {
      metrics.forwardRedriven.inc({ result: 'delivered' }, delivered);
      metrics.forwardRedriven.inc({ result: 'refused' }, refused);
      log.info({ state, delivered, refused, remaining }, 'redrive of dead letters ended');
    },
    targetMissing(target: string, reason: string) {
      metrics.forwardOutages.inc();
      log.error({ target, reason }, 'target is not there: nothing is sent until it is');
    },
    targetUnchecked(target: string, reason: string) {
      log.warn({ target, reason }, 'whether the target is there cannot be told');
    },
    forwardWentBack(from: number, to: number) {
      log.warn({ from, to }, 'forwarding goes back to where the target was seen last');
    },
    /** Read whenever somebody reads the metrics. */
    forwardAccounts(accounts: () => Readonly<Record<string, number>>) {
      metrics.onRead('forward_events', () => {
        for (const [fate, events] of Object.entries(accounts())) {
          metrics.forwardEvents.set({ fate: snakeCase(fate) }, events);
        }
      });
    },
    /** The books, at the end: every committed event is in exactly one of them. */
    forwardAccounted(target: string, accounting: object) {
      log.info({ target, ...accounting }, 'forwarding accounted for');
    },
    forwardCursorSaved(offset: number) {
      metrics.forwardCursor.set(offset);
    },
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
