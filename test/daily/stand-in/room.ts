import { randomUUID } from 'node:crypto';
import type { Member } from './member.ts';
import { type FatalType, MAX_APP_MESSAGE_BYTES, type MachineMessage, participant } from './messages.ts';
import { Person } from './person.ts';

/** A room of the stand-in: who is in, and what they are told of each other. */
export class Room {
  readonly name: string;
  readonly #members = new Map<string, Member>();
  readonly #waiting = new Set<() => void>();
  /** Sizes of the app messages that were longer than Daily takes, and went to nobody. */
  readonly oversize: number[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** A person comes in, without a page. */
  enter(userName: string, { userId, owner = false }: { userId?: string; owner?: boolean } = {}): Person {
    const sessionId = randomUUID();
    const person = new Person(this, { sessionId, userId: userId ?? sessionId, userName, owner });
    this.add(person);
    return person;
  }

  /** Resolves when somebody of that name is in. */
  async member(userName: string): Promise<Member> {
    const find = () => this.members.find((member) => member.userName === userName);
    await this.until(() => find() !== undefined);
    return find() as Member;
  }

  /** Resolves when it is true of the room; looked at whenever somebody comes, goes or takes another name. */
  until(is: (members: readonly Member[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!is(this.members)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  add(member: Member): void {
    this.#tell({ action: 'participant-joined', participant: participant(member, false) });
    const others = this.members.map((other) => [other.sessionId, participant(other, false)]);
    this.#members.set(member.sessionId, member);
    const participants = { ...Object.fromEntries(others), local: participant(member, true) };
    member.hear({
      action: 'joined-meeting',
      participants,
      internal: { _maxAppMessageSize: MAX_APP_MESSAGE_BYTES },
    });
    this.#counted();
  }

  remove(member: Member): void {
    if (!this.#members.delete(member.sessionId)) return;
    this.#tell({ action: 'participant-left', participant: participant(member, false) });
    this.#counted();
  }

  updated(member: Member): void {
    for (const other of this.members) {
      other.hear({ action: 'participant-updated', participant: participant(member, other === member) });
    }
    this.#look();
  }

  /** To one, or to everybody but the sender. What is too long is gone without a word. */
  appMessage(from: string, data: unknown, to: string): void {
    const bytes = Buffer.byteLength(JSON.stringify(data));
    if (bytes > MAX_APP_MESSAGE_BYTES) {
      this.oversize.push(bytes);
      return;
    }
    for (const member of this.members) {
      const isMeant = to === '*' ? member.sessionId !== from : member.sessionId === to;
      if (isMeant) member.hear({ action: 'app-message', data, fromId: from });
    }
  }

  /** Undefined: nobody speaks now. */
  speak(peerId: string | undefined): void {
    this.#tell({ action: 'active-speaker-change', activeSpeaker: { peerId } });
  }

  transcribe(participantId: string, text: string, timestamp: Date): void {
    this.#tell({ action: 'transcription-message', participantId, text, timestamp, rawResponse: {} });
  }

  /** The call ends for everybody. */
  fail(type: FatalType): void {
    for (const member of this.members) member.fail(type);
  }

  expire(): void {
    this.fail('exp-room');
  }

  #tell(message: MachineMessage): void {
    for (const member of this.members) member.hear(message);
  }

  #counted(): void {
    this.#tell({ action: 'participant-counts-updated', participantCounts: { present: this.#members.size, hidden: 0 } });
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
