import type { Logger } from 'pino';
import type { LogSummary } from '../log-summary.ts';
import type { Metrics } from '../metrics.ts';

/** What happenings are told to. */
export interface TelemetryParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** For what comes often: a line now and then, with how often. */
  readonly summary: LogSummary;
}
