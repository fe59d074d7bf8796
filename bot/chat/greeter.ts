import { Remembered } from './remembered.ts';

/** At most one greeting in so many milliseconds. */
const GREET_EVERY_MS = 30_000;
/** So many are remembered to have been greeted. */
const MAX_GREETED = 10_000;

export interface GreeterParts {
  /** Milliseconds. */
  readonly monotonic: () => number;
  /** Whether the bot may act of its own accord now; asked once for each greeting. */
  readonly mayAct: () => boolean;
  readonly send: (text: string) => unknown;
}

/** Welcomes people: each once, and not everybody of a crowd. */
export class Greeter {
  readonly #parts: GreeterParts;
  readonly #greeted = new Remembered(MAX_GREETED);
  #lastGreeted: number | undefined;

  constructor(parts: GreeterParts) {
    this.#parts = parts;
  }

  /** Needs no greeting: was there before the bot. */
  knows(participantId: string): void {
    this.#greeted.add(participantId);
  }

  /** Who isn't greeted because others were is, should they come again. */
  joined(participantId: string, name: string): void {
    if (this.#greeted.has(participantId)) return;
    const now = this.#parts.monotonic();
    if (this.#lastGreeted !== undefined && now - this.#lastGreeted < GREET_EVERY_MS) return;
    if (!this.#parts.mayAct()) return;
    this.#lastGreeted = now;
    this.knows(participantId);
    this.#parts.send(`Welcome, ${name}! I am a bot: say “@bot help”, and I tell you what I can do.`);
  }
}
