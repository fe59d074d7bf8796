import {
  type Envelope,
  type EnvelopeMeta,
  type EventContext,
  explain,
  isTopic,
  payloadProblem,
  type RejectReason,
  type Runtime,
} from '../envelope.ts';
import type { TopicId, TopicPayloads } from '../generated/topics.ts';
import * as validators from '../generated/validators.js';
import type { Clock } from './clock.ts';
import { nameMatcher } from './match.ts';
import { Ring } from './ring.ts';
import { type Handler, Subscriptions } from './subscriptions.ts';

export interface BusOptions {
  readonly clock: Clock;
  readonly specVersion: string;
  readonly runtime: Runtime;
  /** Makes the ids of events: UUIDs version 7. */
  readonly newId: () => string;
  /** What every envelope carries, unless a publisher says otherwise. */
  readonly context?: EventContext;
  readonly meta?: EnvelopeMeta;
  /** The forwarding adapter: gets every envelope, in order of publication, before any subscriber does. */
  readonly sink?: (envelope: Envelope) => void;
  /** How many envelopes `replay` can go back; default 1,000. */
  readonly replay?: number;
  /** Told of every rejected event and of everything that a subscriber or the sink throws. */
  readonly onError?: (where: 'publish' | 'subscriber' | 'sink', topic: string, error: unknown) => void;
}

export interface Published<T extends TopicId = TopicId> {
  readonly ok: true;
  readonly envelope: Envelope<T>;
}

/** `overflow`: subscribers answered events with events for too long. */
export interface Unpublished {
  readonly ok: false;
  readonly reason: RejectReason | 'overflow';
  readonly detail: string;
}

/** So many events may wait for subscribers, and so many generations may one event set off. */
const MAX_WAITING = 1_024;
const MAX_GENERATIONS = 32;

/** The runtime bus, the same in Node and in a browser's worker. One process or page has one. */
export class Bus {
  readonly counters = { published: 0, rejected: 0, errors: 0 };
  readonly #options: BusOptions;
  readonly #ring: Ring<Envelope>;
  readonly #subscriptions: Subscriptions;
  readonly #waiting: { envelope: Envelope; generation: number }[] = [];
  /** 0 outside of subscribers; inside, how many events led to this one. */
  #generation = 0;
  #dispatching = false;

  constructor(options: BusOptions) {
    this.#options = options;
    this.#ring = new Ring(options.replay ?? 1_000);
    this.#subscriptions = new Subscriptions((topic, error) => this.#failed('subscriber', topic, error));
  }

  /**
   * Builds the envelope and hands it to the sink and to every subscriber before it returns; from within a subscriber,
   * subscribers get it after the current event. Never throws: what cannot be published comes back as the reason.
   */
  publish<T extends TopicId>(topic: T, payload: TopicPayloads[T], context?: EventContext): Published<T> | Unpublished {
    try {
      if (!isTopic(topic)) return this.#reject('unknown_topic', topic, 'expected a topic of the spec');
      const problem = payloadProblem(topic, payload);
      if (problem !== undefined) return this.#reject('invalid_payload', topic, problem);
      if (this.#generation >= MAX_GENERATIONS || this.#waiting.length >= MAX_WAITING) {
        return this.#reject('overflow', topic, 'subscribers answer events with events without end');
      }
      const envelope = this.#envelope(topic, payload, context);
      if (!validators.envelope(envelope)) {
        return this.#reject('invalid_envelope', topic, explain(validators.envelope.errors));
      }
      this.counters.published++;
      this.#send(envelope);
      this.#accept(envelope);
      return { ok: true, envelope };
    } catch (error) {
      return this.#reject('invalid_payload', String(topic), error);
    }
  }

  /**
   * Hands on a valid event that was published elsewhere: to subscribers and `replay`, as `publish` does, but not to the
   * sink. Never throws; false: subscribers answer events with events without end, and this one is dropped.
   */
  receive(envelope: Envelope): boolean {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#reject('overflow', envelope.topic, 'subscribers answer events with events without end');
      return false;
    }
    this.#accept(envelope);
    return true;
  }

  /** Calls back with every event whose topic fits, such as `room.*.score`; returns the way to stop that. */
  subscribe<T extends TopicId>(topic: T, handler: Handler<T>): () => void;
  subscribe(pattern: string, handler: Handler): () => void;
  subscribe(pattern: string, handler: Handler<never>): () => void {
    return this.#subscriptions.add(pattern, handler as Handler);
  }

  /** The newest `count` events whose topic fits and that the ring still holds, oldest first. */
  replay(pattern: string, count: number): Envelope[] {
    const matches = nameMatcher(pattern);
    const found = [...this.#ring].filter((envelope) => matches(envelope.topic));
    return count > 0 ? found.slice(-count) : [];
  }

  #envelope<T extends TopicId>(topic: T, payload: TopicPayloads[T], context?: EventContext): Envelope<T> {
    const { clock, specVersion, runtime, newId, meta } = this.#options;
    return {
      id: newId(),
      ts: clock.now(),
      topic,
      specVersion,
      runtime,
      ...this.#options.context,
      ...context,
      payload,
      ...(meta && { meta }),
    };
  }

  #send(envelope: Envelope): void {
    try {
      this.#options.sink?.(envelope);
    } catch (error) {
      this.#failed('sink', envelope.topic, error);
    }
  }

  #accept(envelope: Envelope): void {
    this.#ring.push(envelope);
    this.#waiting.push({ envelope, generation: this.#generation + 1 });
    if (!this.#dispatching) this.#dispatch();
  }

  #dispatch(): void {
    this.#dispatching = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#generation = next.generation;
        this.#subscriptions.deliver(next.envelope);
      }
    } finally {
      this.#dispatching = false;
      this.#generation = 0;
    }
  }

  #reject(reason: Unpublished['reason'], topic: string, problem: unknown): Unpublished {
    this.counters.rejected++;
    const detail = problem instanceof Error ? problem.message : String(problem);
    this.#report('publish', topic, `${reason}: ${detail}`);
    return { ok: false, reason, detail };
  }

  #failed(where: 'subscriber' | 'sink', topic: string, error: unknown): void {
    this.counters.errors++;
    this.#report(where, topic, error);
  }

  #report(where: 'publish' | 'subscriber' | 'sink', topic: string, error: unknown): void {
    try {
      this.#options.onError?.(where, topic, error);
    } catch {
      // There is nobody left to tell.
    }
  }
}
