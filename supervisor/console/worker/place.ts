import type { Act, Participant } from '../../gateway/api.ts';
import type { Chat } from './chat.ts';
import type { Answers, Refusal } from './protocol.ts';

const ENDED = 'urn:roomd:problem:room-ended';

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
  #presence: Extract<Act, { type: 'presence' }> | undefined;
  /** How often it was forgotten: an answer that comes after that is about a place that isn't wanted any more. */
  #forgotten = 0;

  constructor(link: Link, chat: Chat) {
    this.#link = link;
    this.#chat = chat;
  }

  async enter(room: string, name: string, seat?: string): Promise<Answers['enter']> {
    const body = { room, name, ...(seat !== undefined && { seat }) };
    const before = this.#forgotten;
    const entered = (await this.#link.request('enter', body).catch((refusal: Refusal) => {
      if (refusal.type === ENDED && before === this.#forgotten) this.#chat.end();
      throw refusal;
    })) as Entered;
    if (before !== this.#forgotten) {
      await this.#link.request('leave').catch(() => undefined);
      throw left();
    }
    this.#taken = { room, name, seat: entered.seat };
    this.#chat.be(entered.participantId, entered.participants);
    return { participantId: entered.participantId, seat: entered.seat };
  }

  async act(act: Act): Promise<Answers['act']> {
    const { type, ...body } = act;
    if (act.type === 'presence') this.#presence = act;
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
    this.#forgotten++;
    this.#taken = undefined;
    this.#presence = undefined;
    this.#chat.be(null);
  }

  /** To be called whenever the connection is there again. */
  async again(): Promise<void> {
    const before = this.#taken;
    if (before === undefined) return;
    try {
      await this.enter(before.room, before.name, before.seat);
    } catch {
      if (this.#taken === before) this.forget();
      return;
    }
    // Whoever has lost the connection may count as being away, or as looking.
    if (this.#presence !== undefined) await this.act(this.#presence).catch(() => undefined);
  }
}

function left(): Refusal {
  return { title: 'Not entered', detail: 'The room was left meanwhile.', status: 0 };
}
