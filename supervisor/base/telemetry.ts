import type { Logger } from 'pino';
import { type Clock, systemClock } from '../../spec/runtime/clock.ts';
import { LogSummary } from './log-summary.ts';
import type { Metrics } from './metrics.ts';
import { botsTelemetry } from './telemetry/bots.ts';
import { callsTelemetry } from './telemetry/calls.ts';
import { forwardTelemetry } from './telemetry/forward.ts';
import { intakeTelemetry } from './telemetry/intake.ts';
import { logTelemetry } from './telemetry/log.ts';
import { policyTelemetry } from './telemetry/policy.ts';
import { roomsTelemetry } from './telemetry/rooms.ts';

/**
 * One happening, one function: its log line and its metric stand together, so neither is forgotten.
 * No function takes a payload: nothing that people said can reach the supervisor's own log.
 */
export function createTelemetry(log: Logger, metrics: Metrics, clock: Clock = systemClock) {
  const parts = { log, metrics, summary: new LogSummary(log, clock) };
  return {
    log,
    metrics,
    ...roomsTelemetry(parts),
    ...botsTelemetry(parts),
    ...intakeTelemetry(parts),
    ...callsTelemetry(parts),
    ...policyTelemetry(parts),
    ...logTelemetry(parts),
    ...forwardTelemetry(parts),

    serving(address: string, data: string, target: string) {
      log.info({ address, data, target }, 'roomd is serving');
    },
    noInit() {
      log.warn(
        'roomd is process 1 and buries no orphans: give the container an init process, such as docker run --init',
      );
    },
    stopping(cause: string) {
      log.info({ cause }, 'roomd is stopping');
    },
    hurrying() {
      log.warn('roomd is stopping in a hurry: bots are killed, the rest is left to the next start');
    },
    stopped() {
      log.info('roomd has stopped');
    },
    internalError(where: string, error: unknown) {
      log.error({ where, err: error }, 'unexpected error');
    },
  };
}

export type Telemetry = ReturnType<typeof createTelemetry>;
