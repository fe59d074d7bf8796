import { formatPosition } from '../log/position.ts';
import type { Accounting, Forwarding, ForwardStatus } from './api.ts';
import type { Course } from './course.ts';
import { createDeadLetters } from './dead-letters.ts';
import { Pump } from './pump.ts';
import type { PumpOptions } from './pump-options.ts';
import { type ForwardConfig, forwardSettings } from './settings.ts';

export interface ForwarderOptions extends Omit<PumpOptions, 'settings'> {
  readonly config: ForwardConfig;
}

export interface Forwarder extends Forwarding, Pick<Pump, 'start' | 'stop' | 'problem'>, Pick<Course, 'passed'> {
  accounting(): Accounting;
}

/** Throws a RangeError for settings that no request could satisfy; the backlog isn't touched. */
export function createForwarder({ config, ...options }: ForwarderOptions): Forwarder {
  const { log, target } = options;
  const pump = new Pump({ ...options, settings: forwardSettings(config) });
  return {
    start: () => pump.start(),
    stop: (deadlineMs, hurry) => pump.stop(deadlineMs, hurry),
    get passed() {
      return pump.course.passed;
    },
    get problem() {
      return pump.problem;
    },
    accounting: () => pump.course.accounting,
    deadLetters: createDeadLetters(log),
    redrive: pump.redrive,
    status: () => ({
      target: target.name,
      state: stateOf(pump),
      problem: pump.problem ?? null,
      accounting: pump.course.accounting,
      backlog: { events: pump.course.accounting.pending, oldestMs: pump.oldestMs ?? null },
      cursor: formatPosition(log.epoch, pump.course.mark),
      last: formatPosition(log.epoch, log.last),
      lastDeliveredAt: pump.lastDeliveredAt ?? null,
      redrive: pump.redrive.progress() ?? null,
    }),
  };
}

function stateOf(pump: Pump): ForwardStatus['state'] {
  if (pump.isStopped) return 'stopped';
  if (pump.held !== undefined) return 'held';
  return pump.problem === undefined ? 'flowing' : 'deferred';
}
