import type { ChatMessage } from './protocol.ts';

/** The newest so many are kept. */
const MAX_MESSAGES = 500;

type Said = Pick<ChatMessage, 'messageId' | 'participantId' | 'isBot' | 'text' | 'ts'> & {
  replyTo?: string | undefined;
};

/** The messages of a room as they stand now, by what has become of them. */
export class Messages {
  readonly #byId = new Map<string, ChatMessage>();

  /** Oldest first. */
  list(): ChatMessage[] {
    return [...this.#byId.values()];
  }

  clear(): void {
    this.#byId.clear();
  }

  /** The first message of an id stays what it is: a bot gives its own ids. */
  say({ replyTo, ...said }: Said): void {
    if (this.#byId.has(said.messageId)) return;
    this.#add({ ...said, edited: false, moderated: [], reactions: {}, ...(replyTo !== undefined && { replyTo }) });
  }

  edit(messageId: string, text: string): void {
    this.#change(messageId, () => ({ text, edited: true }));
  }

  takeBack(messageId: string): void {
    this.#change(messageId, () => ({ text: undefined, reactions: {} }));
  }

  mask(messageId: string, rules: readonly string[]): void {
    this.#change(messageId, () => ({ moderated: rules }));
  }

  /** A message that nobody gets to see. An edit that was kept out leaves its message as it was. */
  keepOut(messageId: string, participantId: string, rules: readonly string[], ts: number): void {
    if (this.#byId.has(messageId)) return;
    this.#add({
      messageId,
      participantId,
      isBot: false,
      text: undefined,
      ts,
      edited: false,
      moderated: rules,
      reactions: {},
    });
  }

  react(messageId: string, participantId: string, emoji: string): void {
    this.#change(messageId, ({ reactions }) => {
      const before = reactions[emoji] ?? [];
      return before.includes(participantId) ? {} : { reactions: { ...reactions, [emoji]: [...before, participantId] } };
    });
  }

  unreact(messageId: string, participantId: string, emoji: string): void {
    this.#change(messageId, ({ reactions: { [emoji]: before = [], ...others } }) => {
      const left = before.filter((id) => id !== participantId);
      return { reactions: left.length > 0 ? { ...others, [emoji]: left } : others };
    });
  }

  #add(message: ChatMessage): void {
    this.#byId.set(message.messageId, message);
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= MAX_MESSAGES) break;
      this.#byId.delete(id);
    }
  }

  #change(messageId: string, change: (message: ChatMessage) => Partial<ChatMessage>): void {
    const message = this.#byId.get(messageId);
    if (message !== undefined) this.#byId.set(messageId, { ...message, ...change(message) });
  }
}
