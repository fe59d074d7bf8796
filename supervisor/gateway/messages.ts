import type { Told } from '../room/api.ts';

/** So many of a room's messages can be answered, edited and reacted to … */
const MAX_MESSAGES = 500;
/** … and of the newest it is known what they say. */
export const MAX_RECENT = 50;
/** Different ones, on one message. */
export const MAX_EMOJI = 20;
/** By the same emoji, on one message. */
export const MAX_REACTING = 100;

export interface Message {
  readonly participantId: string;
  /** Emoji → who reacted by it. */
  readonly reactions: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether people may edit it and take it back: what a bot has said stays. */
  readonly byBot: boolean;
}

interface Kept extends Message {
  readonly reactions: Map<string, Set<string>>;
}

type Payload = Told['payload'] & { readonly text?: string };

/** The newest messages of a room, as they are by now. */
export class Messages {
  readonly #all = new Map<string, Kept>();
  readonly #recent = new Map<string, Told>();

  get(messageId: string): Message | undefined {
    return this.#all.get(messageId);
  }

  /** The newest ones, oldest first, with their last words. */
  get recent(): readonly Told[] {
    return [...this.#recent.values()];
  }

  /** What that message says; undefined where it isn't one of the newest. */
  text(messageId: string): string | undefined {
    return (this.#recent.get(messageId)?.payload as Payload | undefined)?.text;
  }

  add(messageId: string, participantId: string, byBot: boolean, told: Told): void {
    // A bot gives its own ids: the first message of an id stays what it is.
    if (this.#all.has(messageId)) return;
    this.#all.set(messageId, { participantId, byBot, reactions: new Map() });
    this.#recent.set(messageId, told);
    dropOldest(this.#all, MAX_MESSAGES);
    dropOldest(this.#recent, MAX_RECENT);
  }

  /** `change`: the fields of the payload that are others now. */
  edit(messageId: string, change: object): void {
    const told = this.#recent.get(messageId);
    if (told !== undefined) this.#recent.set(messageId, { ...told, payload: { ...told.payload, ...change } });
  }

  delete(messageId: string): void {
    this.#all.delete(messageId);
    this.#recent.delete(messageId);
  }

  react(messageId: string, emoji: string, participantId: string): void {
    const reactions = this.#all.get(messageId)?.reactions;
    if (reactions === undefined) return;
    const by = reactions.get(emoji) ?? new Set();
    reactions.set(emoji, by.add(participantId));
  }

  unreact(messageId: string, emoji: string, participantId: string): void {
    const reactions = this.#all.get(messageId)?.reactions;
    const by = reactions?.get(emoji);
    by?.delete(participantId);
    if (by?.size === 0) reactions?.delete(emoji);
  }

  clear(): void {
    this.#all.clear();
    this.#recent.clear();
  }
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
