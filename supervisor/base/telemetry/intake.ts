import { isTopic } from '../../../spec/envelope.ts';
import type { TelemetryParts } from './parts.ts';

/** What bots say, as it comes in. */
export function intakeTelemetry({ log, metrics, summary }: TelemetryParts) {
  return {
    lineRejected(reason: string) {
      metrics.rejected.inc({ reason });
    },
    rejectionsSummarised(roomId: string, count: number, reasons: Record<string, number>, detail: string) {
      log.warn({ roomId, count, reasons, detail: knownDetail(detail) }, 'lines from bot rejected');
    },
    eventsDropped(roomId: string, topic: string, count: number) {
      metrics.dropped.inc(count);
      summary.warn(
        `dropped ${roomId}`,
        { roomId, topic: isTopic(topic) ? topic : '(unknown)', count },
        'bot had to drop events',
      );
    },
    claimsOverwritten(roomId: string, fields: readonly string[]) {
      metrics.overwritten.inc();
      summary.warn(`claims ${roomId}`, { roomId, fields }, 'bot claims to be somebody else: overwritten');
    },
    /** `known` ones were in the log already. */
    spillTakenIn(roomId: string, runId: string, counts: { taken: number; known: number; rejected: number }) {
      metrics.takenIn.inc(counts.taken);
      log.info({ roomId, runId, ...counts }, 'events that a bot had left were taken in');
    },
    spillUnreadable(runId: string, reason: string) {
      metrics.spillsUnreadable.inc();
      log.error({ runId, reason }, 'events that a bot had left cannot all be read');
    },
    specMismatch(roomId: string, expected: string, actual: string) {
      metrics.specMismatches.inc();
      log.warn({ roomId, expected, actual }, 'bot speaks another version of the spec');
    },
  };
}

/** What a line had in place of a topic comes from the bot too. */
function knownDetail(detail: string): string {
  return detail.replace(/\bgot ([\s\S]*)$/, (all, topic: string) => (isTopic(topic) ? all : 'got another'));
}
