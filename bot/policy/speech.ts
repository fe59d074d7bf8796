import type { Bus } from '../../spec/runtime/bus.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Connector } from '../rooms/port.ts';
import type { Guard } from './guard.ts';

export interface SpeechParts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly room: Pick<Connector, 'send' | 'clock'>;
  /** The bot's own id in the room. */
  readonly participantId: string;
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** So many messages may wait for their turn. */
const MAX_WAITING = 64;
/** What comes between two messages waits so long for the one that is on its way. */
const PATIENCE_MS = 1_000;

interface Message {
  readonly text: string;
  readonly replyTo: string | undefined;
}

interface Waiting {
  readonly message: Message;
  readonly done: (sent: boolean) => void;
}

/** The only way for words of the bot into the room: through its policy, one message at a time, in order. */
export class Speech {
  static readonly tool = 'message.send';
  readonly #parts: SpeechParts;
  readonly #waiting: Waiting[] = [];
  #sending = false;
  #between: { act: () => void; readonly timer: Timer } | undefined;
  #refused = 0;
  #stopped = false;

  constructor(parts: SpeechParts) {
    this.#parts = parts;
  }

  /**
   * Sends a message if the policy allows when its turn comes; whether it is in the room then. `replyTo`: the id of the
   * message that it answers. Never rejects.
   */
  send(text: string, replyTo?: string): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    if (this.#waiting.length >= MAX_WAITING) {
      if (this.#refused++ === 0) this.#parts.say(`messages not sent: expected at most ${MAX_WAITING} to wait`);
      return Promise.resolve(false);
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push({ message: { text, replyTo }, done: resolve });
    this.#next();
    return promise;
  }

  /** Acts when no message is on its way, before the next, and in a second at the latest. Of several, the last one acts. */
  between(act: () => void): void {
    if (!this.#sending) act();
    else if (this.#between !== undefined) this.#between.act = act;
    else this.#between = { act, timer: this.#parts.clock.after(PATIENCE_MS, () => this.#actNow()) };
  }

  /** Nothing more is sent but what is on its way. Idempotent. */
  stop(): void {
    this.#stopped = true;
    for (const { done } of this.#waiting.splice(0)) done(false);
    this.#actNow();
  }

  #actNow(): void {
    const between = this.#between;
    this.#between = undefined;
    between?.timer.cancel();
    between?.act();
  }

  #next(): void {
    if (this.#sending) return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      if (this.#refused > 0) this.#parts.say(`${this.#refused} messages not sent: too many at once`);
      this.#refused = 0;
      return;
    }
    this.#sending = true;
    void this.#send(next.message).then((sent) => {
      this.#sending = false;
      next.done(sent);
      this.#actNow();
      this.#next();
    });
  }

  async #send({ text, replyTo }: Message): Promise<boolean> {
    const { bus, guard, room, participantId, say } = this.#parts;
    const broken = guard.use(Speech.tool);
    bus.publish('assistant.tool.invoked', { tool: Speech.tool, allowed: broken.length === 0 });
    guard.report(broken);
    if (broken.length > 0) return false;
    const judgedBy = guard.policyVersion;
    if (guard.message(text) === 'blocked') return false;
    const at = Math.floor(room.clock.now());
    try {
      const { messageId, text: there = text } = await room.send(text, replyTo);
      guard.sent(there, judgedBy);
      bus.publish('room.message.sent', { messageId, participantId, text: there, ...(replyTo && { replyTo }), at });
      return true;
    } catch (error) {
      say(`message not sent: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}
