import { isTopic } from '../../spec/envelope.ts';
import { registry } from '../../spec/generated/registry.ts';
import type { Child } from '../child/port.ts';
import type { Told } from './api.ts';

/** So much may wait in a bot's standard input. What it loses first is what it can miss. */
const UNREAD_BYTES = 262_144;
const UNREAD_BYTES_OF_TELEMETRY = 131_072;

/** What one run's bot is told of its room: at once, in order, and no more than it takes. */
export class Tidings {
  #missed = 0;

  /** True when it was handed over; otherwise the next one says that it wasn't. */
  tell(child: Pick<Child, 'send' | 'unread'>, event: Told, past?: true): boolean {
    const missed = this.#missed;
    const most = isTelemetry(event.topic) ? UNREAD_BYTES_OF_TELEMETRY : UNREAD_BYTES;
    const told =
      child.unread < most &&
      child.send({ type: 'room.event', event, ...(past && { past }), ...(missed > 0 && { missed }) });
    this.#missed = told ? 0 : missed + 1;
    return told;
  }
}

function isTelemetry(topic: string): boolean {
  return isTopic(topic) && registry[topic].class === 'telemetry';
}
