import type { Act, Participant } from '../../gateway/api.ts';
import type { Chat } from './chat.ts';
import type { Answers } from './protocol.ts';

/** Asks the supervisor over the open connection. Rejects with a Refusal, at once where there is no connection. */
export interface Link {
  request(name: string, body?: unknown): Promise<unknown>;
}

interface Entered {
  readonly participantId: string;
  readonly seat: string;
  readonly participants: readonly Participant[];
}

/** One's place in a room. The connection forgets it when it breaks; here it is kept and taken again. */
export class OwnPlace {
  readonly #link: Link;
  readonly #chat: Chat;
  #taken: { readonly room: string; readonly name: string; readonly seat: string } | undefined;

  constructor(link: Link, chat: Chat) {
    this.#link = link;
    this.#chat = chat;
  }

  async enter(room: string, name: string, seat?: string): Promise<Answers['enter']> {
    const body = { room, name, ...(seat !== undefined && { seat }) };
    const entered = (await this.#link.request('enter', body)) as Entered;
    this.#taken = { room, name, seat: entered.seat };
    this.#chat.be(entered.participantId, entered.participants);
    return { participantId: entered.participantId, seat: entered.seat };
  }

  async act({ type, ...body }: Act): Promise<Answers['act']> {
    return (await this.#link.request(type, body)) as Answers['act'];
  }

  /** Leaves the room, as far as there is a connection to say so; without one, the place goes by itself. */
  async leave(): Promise<void> {
    if (this.#taken === undefined) return;
    this.forget();
    await this.#link.request('leave').catch(() => undefined);
  }

  /** The place is gone, or left to itself: nothing is said about it. */
  forget(): void {
    this.#taken = undefined;
    this.#chat.be(null);
  }

  /** To be called whenever the connection is there again. */
  async again(): Promise<void> {
    const before = this.#taken;
    if (before === undefined) return;
    await this.enter(before.room, before.name, before.seat).catch(() => {
      if (this.#taken === before) this.forget();
    });
  }
}
