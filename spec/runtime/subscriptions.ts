import type { Envelope } from '../envelope.ts';
import type { TopicId } from '../generated/topics.ts';
import { nameMatcher } from './match.ts';

/** What it returns is ignored, but a promise that rejects counts as an error. */
export type Handler<T extends TopicId = TopicId> = (envelope: Envelope<T>) => unknown;

interface Subscription {
  readonly matches: (topic: string) => boolean;
  readonly handler: Handler;
  active: boolean;
}

/** Who wants to hear of which topics. A subscriber that throws hurts nobody else. */
export class Subscriptions {
  #all: readonly Subscription[] = [];
  readonly #byTopic = new Map<string, readonly Subscription[]>();
  readonly #onError: (topic: string, error: unknown) => void;

  constructor(onError: (topic: string, error: unknown) => void) {
    this.#onError = onError;
  }

  add(pattern: string, handler: Handler): () => void {
    const subscription = { matches: nameMatcher(pattern), handler, active: true };
    this.#change([...this.#all, subscription]);
    return () => {
      subscription.active = false;
      this.#change(this.#all.filter((other) => other !== subscription));
    };
  }

  deliver(envelope: Envelope): void {
    for (const subscription of this.#for(envelope.topic)) {
      // A handler before it may have ended it.
      if (!subscription.active) continue;
      try {
        const result = subscription.handler(envelope);
        if (result instanceof Promise) result.catch((error: unknown) => this.#onError(envelope.topic, error));
      } catch (error) {
        this.#onError(envelope.topic, error);
      }
    }
  }

  #for(topic: string): readonly Subscription[] {
    let found = this.#byTopic.get(topic);
    if (found === undefined) {
      found = this.#all.filter(({ matches }) => matches(topic));
      this.#byTopic.set(topic, found);
    }
    return found;
  }

  #change(all: readonly Subscription[]): void {
    this.#all = all;
    this.#byTopic.clear();
  }
}
