import type { TelemetryParts } from './parts.ts';

/** The event log and who reads it live. */
export function logTelemetry({ log, metrics, summary }: TelemetryParts) {
  return {
    committed(records: number, ms: number) {
      metrics.accepted.inc(records);
      metrics.commits.observe(ms / 1000);
    },
    logPending(records: number) {
      metrics.logPending.set(records);
    },
    commitFailed(reason: string) {
      metrics.logFailures.inc();
      log.error({ reason }, 'log cannot commit: bots are held back, trying again');
    },
    commitRecovered() {
      log.info('log commits again');
    },
    /** `reason` undefined: its files are where they belong again. */
    logMoved(reason: string | undefined) {
      if (reason === undefined) log.info('the files of the log are in their place again');
      else log.error({ reason }, 'the files of the log were moved or deleted under it');
    },
    ballastChanged(held: number, wanted: number) {
      metrics.logBallast.set(held);
      if (held >= wanted) log.info({ held }, 'disk space is held back for acknowledgements');
      else log.warn({ held, wanted }, 'disk space for acknowledgements is used up, or there is no room for it');
    },
    eventsExpired(count: number) {
      metrics.expired.inc(count);
      log.info({ count }, 'old events removed from the log');
    },
    telemetryExpired(count: number) {
      metrics.expiredTelemetry.inc(count);
    },
    requestRefused(reason: string) {
      metrics.httpRefused.inc({ reason });
    },
    subscribersChanged(by: 1 | -1) {
      metrics.subscribers.inc(by);
    },
    /** `consumer`: the name of its token. `behind`: events of the log that it hasn't been given. */
    subscriberCut(consumer: string, reason: string, behind: number) {
      metrics.liveCuts.inc({ reason });
      summary.warn(`cut ${consumer} ${reason}`, { consumer, reason, behind }, 'live stream cut');
    },
    streamRefused(reason: string) {
      metrics.liveRefused.inc({ reason });
    },
  };
}
