import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Documents, Log, LogRecord } from '../log/port.ts';
import { type Cursor, cursorKey } from './cursor.ts';
import { deadLetterDocuments } from './dead-letters.ts';
import { type Counts, type Fate, type Place, Window } from './window.ts';

/** An event that was read and isn't settled. */
export interface Pending extends Place {
  readonly record: LogRecord;
}

/** accepted = pending + all the others, at every moment, since the cursor began. */
export interface Accounting extends Counts {
  accepted: number;
  pending: number;
}

export interface LedgerOptions {
  readonly log: Log;
  readonly target: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly saveMs: number;
  /** An event was set aside, and is on disk. */
  readonly deadLettered: (record: LogRecord, reason: string) => void;
  /** There is room for more. */
  readonly settled: () => void;
}

/** What became of every event, and how much of that is on disk. */
export class Ledger {
  /** Everything up to here is settled, and would stay so after a crash. */
  passed: number;
  readonly #options: LedgerOptions;
  readonly #cursor: Cursor;
  readonly #window: Window<Pending>;
  #dead: { pending: Pending; reason: string }[] = [];
  #timer: Timer | undefined;
  #saving: Promise<void> | undefined;
  #again = false;
  /** The cursor that was loaded may be a new one: save it once in any case, it must not move with the log. */
  #isSaved = false;

  constructor(options: LedgerOptions, cursor: Cursor) {
    this.#options = options;
    this.#cursor = cursor;
    this.passed = cursor.offset;
    this.#window = new Window(cursor.offset, cursor.counts);
  }

  get readTo(): number {
    return this.#window.readTo;
  }
  get size(): number {
    return this.#window.size;
  }
  get bytes(): number {
    return this.#window.bytes;
  }
  /** When the oldest unsettled event was received. */
  get oldest(): number | undefined {
    return this.#window.oldest?.record.receivedAt;
  }

  /** In the log and not settled, read or not. */
  get pending(): number {
    return this.#options.log.last - this.#window.readTo + this.#window.size;
  }

  accounting(): Accounting {
    const accepted = this.#options.log.last - this.#cursor.start;
    return { accepted, pending: this.pending, ...this.#window.total };
  }

  add(pending: Pending): void {
    this.#window.add(pending);
  }

  skip(to: number, fate: Fate, count = 1): void {
    this.#window.skip(to, fate, count);
    this.#moved();
  }

  delivered(pending: Pending): void {
    this.#window.settle(pending, 'delivered');
    this.#moved();
    this.#options.settled();
  }

  /** Sets the event aside for good; it counts as pending until that is on its way to the disk. */
  dead(pending: Pending, reason: string): void {
    this.#dead.push({ pending, reason });
    void this.save();
  }

  /** Saves the cursor, with what was set aside on the way, in one commit. Never rejects. */
  save(): Promise<void> {
    this.#again = true;
    this.#saving ??= this.#run();
    return this.#saving;
  }

  close(): void {
    this.#timer?.cancel();
  }

  #moved(): void {
    this.#timer ??= this.#options.clock.after(this.#options.saveMs, () => {
      this.#timer = undefined;
      void this.save();
    });
  }

  async #run(): Promise<void> {
    // What is set aside in the same breath shares a commit.
    await Promise.resolve();
    try {
      while (this.#again) {
        this.#again = false;
        await this.#commit(this.#dead.splice(0));
      }
    } catch (error) {
      // The log was closed first: the next start goes on from the cursor that is on disk.
      this.#options.telemetry.internalError('forward cursor', error);
    } finally {
      this.#saving = undefined;
    }
  }

  async #commit(dead: readonly { pending: Pending; reason: string }[]): Promise<void> {
    const { log, target, clock, telemetry } = this.#options;
    for (const { pending } of dead) this.#window.settle(pending, 'deadLettered');
    const { mark, passed: counts } = this.#window;
    if (dead.length === 0 && mark === this.passed && this.#isSaved) return;
    const cursor: Cursor = { ...this.#cursor, offset: mark, counts: { ...counts } };
    const letters = dead.map(({ pending, reason }) => deadLetterDocuments(pending.record, target, reason, clock.now()));
    const documents: Documents = Object.assign({ [cursorKey(target)]: cursor }, ...letters);
    await log.append([], documents);
    this.#isSaved = true;
    this.passed = mark;
    telemetry.forwardCursorSaved(mark);
    for (const { pending, reason } of dead) this.#options.deadLettered(pending.record, reason);
    if (dead.length > 0) this.#options.settled();
  }
}
