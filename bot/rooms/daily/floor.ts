import type { Timer } from '../../../spec/runtime/clock.ts';
import type { RoomClock } from '../room-clock.ts';

/** Nobody is held to speak for longer without a sign of it; milliseconds. */
const SIGN_MS = 20_000;

/** Who has the floor in a call that tells who begins to speak, and never who stops. */
export class Floor {
  readonly #room: RoomClock;
  readonly #onChange: (speaker: string | null) => void;
  #speaker: string | null = null;
  #timer: Timer | undefined;

  constructor(room: RoomClock, onChange: (speaker: string | null) => void) {
    this.#room = room;
    this.#onChange = onChange;
  }

  get speaker(): string | null {
    return this.#speaker;
  }

  /** There is a sign that this one speaks. */
  has(speaker: string): void {
    this.#timer?.cancel();
    this.#timer = this.#room.at(this.#room.now() + SIGN_MS, () => this.free());
    this.#change(speaker);
  }

  free(): void {
    this.#timer?.cancel();
    this.#change(null);
  }

  #change(speaker: string | null): void {
    if (speaker === this.#speaker) return;
    this.#speaker = speaker;
    this.#onChange(speaker);
  }
}
