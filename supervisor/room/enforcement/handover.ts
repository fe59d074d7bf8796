import type { Command } from '../../../spec/command.ts';
import type { Clock, Timer } from '../../../spec/runtime/clock.ts';

/** A bot says that it keeps to a new snapshot within so long. */
const ACK_MS = 5_000;
/** How long after that what it has said in time may still be on its way to us; and how often to look again. */
const LOOK_MS = 1_000;
/** As often a disk is asked again that didn't take the snapshot. */
const RETRY_MS = 1_000;
/** A pipe holds fewer events: when so many have come in, it was read up to the deadline, however often it was held. */
const ENOUGH = 10_000;

export interface HandoverParts {
  readonly clock: Clock;
  /** Writes the snapshot in force where the bot reads it. Throws when the disk won't have it. */
  readonly hand: () => void;
  /** False when there is no bot to take it. */
  readonly send: (command: Command) => boolean;
  /** Whatever the bot has written by a little while ago is here. */
  readonly isRead: () => boolean;
  /** So many events of the bot have come in. */
  readonly received: () => number;
  /** The snapshot can't be written; it is tried again. */
  readonly onFault: (error: unknown) => void;
  /** The bot had its time, and said nothing. */
  readonly onMissing: () => void;
}

/** Gives a running bot another snapshot: first the file, then the word that it is there, then the wait for its answer. */
export class Handover {
  readonly #parts: HandoverParts;
  #timer: Timer | undefined;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  /** What was under way is forgotten: the file is the newest. `expected`: the bot has to answer. */
  begin(command: Command, expected: boolean): void {
    this.settle();
    this.#give(command, expected, false);
  }

  /** The answer has come, or nobody is there to give it. */
  settle(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #give(command: Command, expected: boolean, isTold: boolean): void {
    const { clock, hand, send, received, onFault } = this.#parts;
    try {
      hand();
    } catch (error) {
      if (!isTold) onFault(error);
      this.#timer = clock.after(RETRY_MS, () => this.#give(command, expected, true));
      return;
    }
    if (!send(command) || !expected) return;
    this.#timer = clock.after(ACK_MS, () => this.#look(received()));
  }

  /** Not at once: after a stall the deadline comes before what the bot wrote in time. */
  #look(receivedInTime: number): void {
    const { clock, isRead, received, onMissing } = this.#parts;
    this.#timer = clock.after(LOOK_MS, () => {
      if (!isRead() && received() - receivedInTime < ENOUGH) return this.#look(receivedInTime);
      this.#timer = undefined;
      onMissing();
    });
  }
}
