import { BOT_USER } from '../../../spec/call.ts';
import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import type { Person } from './protocol.ts';
import { cut } from './texts.ts';

type Topic = 'room.participant.joined' | 'room.participant.updated' | 'room.participant.left';

/** Something to be told of somebody. */
export interface Change {
  readonly topic: Topic;
  readonly payload: TopicPayloads[Topic];
}

/** So many are known at a time. */
const MAX_PEOPLE = 5_000;
const MAX_NAME = 256;

/** Who is in the call, by session; the bot itself isn't among them. */
export class People {
  readonly #known = new Map<string, Change['payload']>();

  has(sessionId: string): boolean {
    return this.#known.has(sessionId);
  }

  isBot(sessionId: string): boolean {
    return this.#known.get(sessionId)?.isBot === true;
  }

  /** Those and nobody else are there: first who has left meanwhile, then who is new. */
  are(people: readonly Person[]): Change[] {
    const there = new Set(people.map(({ sessionId }) => sessionId));
    const gone = [...this.#known.keys()].filter((sessionId) => !there.has(sessionId));
    return [...gone.map((sessionId) => this.left(sessionId)), ...people.map((person) => this.seen(person))].filter(
      (change) => change !== undefined,
    );
  }

  /** Somebody is there. Undefined where that changes nothing. */
  seen(person: Person): Change | undefined {
    const change = this.change(person);
    if (change !== undefined) this.#known.set(person.sessionId, change.payload);
    return change;
  }

  /** What `seen` would tell. */
  change({ sessionId: participantId, userId, userName, local }: Person): Change | undefined {
    if (local) return undefined;
    const before = this.#known.get(participantId);
    if (before === undefined && this.#known.size >= MAX_PEOPLE) return undefined;
    const name = cut(userName.trim(), MAX_NAME);
    const payload = { participantId, ...(name !== '' && { name }), isBot: userId.startsWith(BOT_USER) };
    if (before === undefined) return { topic: 'room.participant.joined', payload };
    const same = before.name === payload.name && before.isBot === payload.isBot;
    return same ? undefined : { topic: 'room.participant.updated', payload };
  }

  left(sessionId: string): Change | undefined {
    const payload = this.#known.get(sessionId);
    this.#known.delete(sessionId);
    return payload && { topic: 'room.participant.left', payload };
  }
}
