import { signal } from '@preact/signals';
import { systemClock } from '../../../spec/runtime/clock.ts';
import type { ForwardStatus } from '../../forward/api.ts';
import type { Series } from '../worker/protocol.ts';

/** Looks that are kept: half an hour of them, at one in two seconds. */
const MAX_LOOKS = 900;

interface Look {
  /** Seconds since 1970. */
  readonly at: number;
  readonly delivered: number;
  /** Requests to the target since the start of the process; undefined: not known. */
  readonly batches: number | undefined;
  readonly backlog: number;
}

/** What has been seen of forwarding since this page was opened, oldest first. */
const looks = signal<readonly Look[]>([]);

export function keep({ accounting, backlog }: ForwardStatus, batches: number | undefined): void {
  const look = { at: systemClock.now() / 1_000, delivered: accounting.delivered, batches, backlog: backlog.events };
  looks.value = [...looks.value, look].slice(-MAX_LOOKS);
}

/** Events and batches a second from one look to the next. */
export function sentSeries(): Series {
  const later = looks.value.slice(1);
  const rate = (of: (look: Look) => number | undefined) =>
    later.map((look, i) => {
      const before = looks.value[i];
      if (before === undefined) return null;
      const [then, now] = [of(before), of(look)];
      // A process that was started again counts from nothing.
      if (then === undefined || now === undefined || now < then) return null;
      return (now - then) / Math.max(look.at - before.at, 0.001);
    });
  return {
    times: later.map(({ at }) => at),
    columns: [
      { name: 'events', values: rate(({ delivered }) => delivered) },
      { name: 'batches', values: rate(({ batches }) => batches) },
    ],
  };
}

export function backlogSeries(): Series {
  return {
    times: looks.value.map(({ at }) => at),
    columns: [{ name: 'events that wait', values: looks.value.map(({ backlog }) => backlog) }],
  };
}

/** Text of /metrics → the sum of a metric over all its labels; 0 where it isn't there. */
export function metricOf(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
