import { type FatalType, fatal, type MachineMessage, type NonfatalType, nonfatal, type Who } from './messages.ts';
import type { Room } from './room.ts';

/** Whoever is in a room: a page with the client, or a person who is scripted. Its acts are what the service would do. */
export class Member implements Who {
  readonly sessionId: string;
  readonly userId: string;
  readonly owner: boolean;
  readonly joinedAt: Date = new Date();
  /** With what it came in; undefined: a scripted person, or a page without one. */
  readonly token: string | undefined;
  readonly room: Room;
  readonly #deliver: (message: MachineMessage) => void;
  readonly #ended: () => void;
  #userName: string;
  #missed: MachineMessage[] | undefined;

  constructor(
    room: Room,
    { sessionId, userId, userName, owner, token }: Omit<Who, 'joinedAt'> & { token?: string | undefined },
    deliver: (message: MachineMessage) => void,
    ended: () => void = () => {},
  ) {
    this.room = room;
    this.sessionId = sessionId;
    this.userId = userId;
    this.#userName = userName;
    this.owner = owner;
    this.token = token;
    this.#deliver = deliver;
    this.#ended = ended;
  }

  get userName(): string {
    return this.#userName;
  }

  get isCut(): boolean {
    return this.#missed !== undefined;
  }

  /** Becomes the active speaker. */
  speak(): void {
    this.room.speak(this.sessionId);
  }

  transcribe(text: string, timestamp: Date = new Date()): void {
    this.room.transcribe(this.sessionId, text, timestamp);
  }

  /** Sends as `sendAppMessage` does. */
  send(data: unknown, to = '*'): void {
    if (!this.isCut) this.room.appMessage(this.sessionId, data, to);
  }

  rename(userName: string): void {
    this.#userName = userName;
    this.room.updated(this);
  }

  leave(): void {
    this.room.remove(this);
    this.#ended();
  }

  eject(): void {
    this.fail('ejected');
  }

  /** The call ends for this one with that error. */
  fail(type: FatalType, message?: string): void {
    this.room.remove(this);
    this.#deliver(fatal(type, message));
    this.#deliver({ action: 'left-meeting' });
    this.#ended();
  }

  nonfatal(type: NonfatalType, message?: string): void {
    this.#deliver(nonfatal(type, message));
  }

  /** What it says and what is said to it is lost from now on. */
  cutNetwork(): void {
    this.#missed ??= [];
    this.#deliver({ action: 'network-connection', type: 'signaling', event: 'interrupted' });
  }

  /** It learns who has come and gone meanwhile; what was said is lost. */
  restoreNetwork(): void {
    const missed = this.#missed ?? [];
    this.#missed = undefined;
    this.#deliver({ action: 'network-connection', type: 'signaling', event: 'connected' });
    for (const message of missed) if (message.action.startsWith('participant-')) this.#deliver(message);
  }

  /** Any message of a machine. */
  hear(message: MachineMessage): void {
    if (this.#missed === undefined) this.#deliver(message);
    else this.#missed.push(message);
  }
}
