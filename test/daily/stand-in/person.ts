import { Member } from './member.ts';
import type { MachineMessage, Who } from './messages.ts';
import type { Room } from './room.ts';

/** Somebody without a page, led by a test. */
export class Person extends Member {
  /** What this one's client would have been told, in order. */
  readonly heard: readonly MachineMessage[];
  readonly #waiting: Set<() => void>;

  constructor(room: Room, who: Omit<Who, 'joinedAt'>) {
    const heard: MachineMessage[] = [];
    const waiting = new Set<() => void>();
    super(room, who, (message) => {
      heard.push(message);
      for (const look of [...waiting]) look();
    });
    this.heard = heard;
    this.#waiting = waiting;
  }

  /** Writes in the chat of Daily Prebuilt. */
  chat(message: string): void {
    this.send({ event: 'chat-msg', name: this.userName, message, date: new Date().toISOString(), room: 'main-room' });
  }

  /** The app messages sent to this one, or to everybody. */
  get messages(): { readonly from: string; readonly data: unknown }[] {
    return this.heard.flatMap(({ action, fromId, data }) =>
      action === 'app-message' ? [{ from: String(fromId), data }] : [],
    );
  }

  /** The data of the first app message for which it is true; it may have come already. */
  message(is: (data: unknown, from: string) => boolean = () => true): Promise<unknown> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.messages.find(({ data, from }) => is(data, from));
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found.data);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
