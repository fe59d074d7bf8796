import { type Envelope, type Stamp, writeEnvelope } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { eventOf } from '../base/event.ts';
import { stampEnd } from '../base/stamp.ts';
import type { Entry } from '../log/port.ts';

/** What the supervisor knows about the origin of events, whatever a bot claims. */
export interface Origin {
  /** Absent for events about the supervisor itself. */
  readonly roomId?: string;
  readonly runId: string;
  readonly attempt?: number;
  readonly assistantId?: string | undefined;
  readonly tenantId?: string | undefined;
  /** The room is one that people enter. */
  readonly local?: true | undefined;
}

/** Stamps events of one run: context, `meta`, and sequence numbers from 1 without a gap. */
export class Stamper {
  readonly origin: Origin;
  readonly #context: Stamp['context'];
  /** `meta` up to the number that changes. */
  readonly #meta: string;
  #seq: number;

  /** `seq` is the last number already given, when a run is taken up again after a restart. */
  constructor(origin: Origin, seq = 0) {
    const { runId, attempt, roomId, assistantId, tenantId } = origin;
    this.origin = origin;
    this.#context = { roomId, assistantId, tenantId };
    this.#meta = JSON.stringify({ attempt, runId }).replace('}', ',"seq":');
    this.#seq = seq;
  }

  /** An event whose payload keeps its source text. `by`: who brought it in, where it wasn't the run's bot. */
  stamp(envelope: Envelope, payloadText: string, receivedAt: number, by?: string): Entry {
    const meta = `${this.#meta}${++this.#seq},"receivedAt":${receivedAt}${stampEnd(this.origin.local === true, by)}`;
    const { id, ts, topic } = envelope;
    const json = writeEnvelope(envelope, payloadText, { context: this.#context, meta });
    return { roomId: this.origin.roomId ?? '', topic, id, ts, receivedAt, json };
  }

  /** An event of the supervisor's own. */
  own<T extends TopicId>(topic: T, payload: TopicPayloads[T], now: number): Entry {
    const { envelope, payloadText } = eventOf(topic, payload, now);
    return this.stamp(envelope, payloadText, now);
  }
}
