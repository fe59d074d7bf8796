import { isTopic, payloadProblem } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import type { Bus } from '../../spec/runtime/bus.ts';

/** `ago`: milliseconds before it is told. */
type Listener<T extends TopicId> = (payload: TopicPayloads[T], ago: number) => void;

/** What had happened in a room before its bot came: to be remembered, and nothing of it to be answered. */
export class Past {
  readonly #listeners = new Map<string, Listener<never>[]>();

  on<T extends TopicId>(topic: T, listener: Listener<T>): void {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }

  /** What isn't of this contract is left out. */
  tell(topic: string, payload: unknown, ago: number): void {
    if (!isTopic(topic) || payloadProblem(topic, payload) !== undefined) return;
    for (const listener of this.#listeners.get(topic) ?? []) listener(payload as never, Math.max(0, ago));
  }
}

/** Tells of somebody who was there before the bot, and so needs no welcome; the event says so, for a replay. */
export function publishPresent(
  { bus, past }: { readonly bus: Bus; readonly past: Past },
  somebody: TopicPayloads['room.participant.joined'],
): void {
  past.tell('room.participant.joined', somebody, 0);
  bus.publish('room.participant.joined', { ...somebody, past: true });
}
