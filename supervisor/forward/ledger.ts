import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Documents, Log, LogRecord } from '../log/port.ts';
import type { Accounting } from './api.ts';
import { type Cursor, cursorKey, type Seen } from './cursor.ts';
import { deadLetterDocuments, letterBytes, letterId, noDeadLetter } from './dead-letters.ts';
import type { Shelf } from './shelf.ts';
import { type Fate, markOf, type Parked, type Place, type Progress, sumOf, unsettled, Window } from './window.ts';

/** An event that was read and isn't settled. */
export interface Pending extends Place {
  readonly record: LogRecord;
}

export interface LedgerOptions {
  readonly log: Log;
  readonly target: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly saveMs: number;
  readonly shelf: Shelf;
  /** So many dead letters had to go: there were too many. */
  readonly overflowed: (count: number) => void;
  /** An event was set aside, and is on disk. */
  readonly deadLettered: (record: LogRecord, reason: string) => void;
  /** There is room for more. */
  readonly settled: () => void;
}

/** What became of every event, and how much of that is on disk. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #cursor: Cursor;
  readonly #window: Window<Pending>;
  #saved: Cursor;
  #seen: Seen | null;
  #dead: { pending: Pending; reason: string }[] = [];
  #revived: string[] = [];
  #timer: Timer | undefined;
  #saving: Promise<void> | undefined;
  #again = false;
  /** The cursor that was loaded may be a new one: it must not move with the log. */
  #dirty = true;

  /** Events left open by the cursor have to be added before any other. */
  constructor(options: LedgerOptions, cursor: Cursor) {
    this.#options = options;
    this.#cursor = cursor;
    this.#saved = cursor;
    this.#seen = cursor.seen;
    this.#window = new Window(cursor);
  }

  /** Everything up to here is settled, would stay so after a crash, and has gone to a bus that was there. */
  get passed(): number {
    return passedOf(this.#saved);
  }

  /** Everything up to here is settled, as it is on disk. */
  get mark(): number {
    return markOf(this.#saved);
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
  get parked(): ReadonlyMap<string, Parked> {
    return this.#window.parked;
  }
  /** Read and not settled, parked or not. */
  get unsettled(): number {
    return this.#window.size + sumOf(this.#window.parked.values());
  }
  /** When the oldest unsettled event was received. */
  get oldest(): number | undefined {
    return this.#window.oldest?.record.receivedAt;
  }

  get progress(): Progress {
    return this.#window.progress;
  }
  /** Where it stood when the target was last seen. */
  get seen(): Seen | null {
    return this.#seen;
  }

  get accounting(): Accounting {
    const { readTo, counts } = this.#window;
    return account(this.#options.log, this.#cursor.start, readTo, this.unsettled, counts);
  }

  /** As it would be saved now. */
  get cursor(): Cursor {
    return { ...this.#cursor, ...this.#window.progress, seen: this.#seen };
  }

  add(pending: Pending): void {
    this.#window.add(pending);
  }

  skip(to: number, fate: Fate, count = 1): void {
    this.#window.skip(to, fate, count);
    this.#moved();
  }

  /** It was read, and is to be read again. */
  park({ offset, roomId }: LogRecord): void {
    this.#window.park(offset, roomId);
    this.#moved();
  }

  /** `taken` of a room's parked events, up to an offset, are parked no more. Returns how many others are lost. */
  unpark(roomId: string, to: number, taken: number): number {
    const { expired } = this.#window.counts;
    this.#window.unpark(roomId, to, taken);
    this.#moved();
    return this.#window.counts.expired - expired;
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

  /** These dead letters have arrived after all, and go with the next commit. Resolves then; never rejects. */
  revived(ids: readonly string[]): Promise<void> {
    this.#revived.push(...ids);
    return this.save();
  }

  /** The target was there when it stood so; until the next time, that is what it goes back to. */
  see(seen: Seen): void {
    this.#seen = seen;
    this.#moved();
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
    this.#dirty = true;
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
        await this.#commit(this.#dead.splice(0), this.#revived.splice(0));
      }
    } catch (error) {
      // The log was closed first: the next start goes on from the cursor that is on disk.
      this.#options.telemetry.internalError('forward cursor', error);
    } finally {
      this.#saving = undefined;
    }
  }

  async #commit(dead: readonly { pending: Pending; reason: string }[], revived: readonly string[]) {
    const { log, target, clock, telemetry } = this.#options;
    if (!this.#dirty && dead.length === 0 && revived.length === 0) return;
    this.#dirty = false;
    for (const { pending } of dead) this.#setAside(pending);
    for (const id of revived) this.#revive(id);
    const overflow = this.#options.shelf.trim();
    for (const id of overflow) this.#recount(id, 'expired');
    const { cursor } = this;
    const documents: Documents = Object.assign(
      { [cursorKey(target)]: cursor },
      ...dead.map(({ pending, reason }) => deadLetterDocuments(pending.record, target, reason, clock.now())),
      ...[...revived, ...overflow].map(noDeadLetter),
    );
    await log.append([], documents);
    this.#saved = cursor;
    telemetry.forwardCursorSaved(this.mark);
    for (const { pending, reason } of dead) this.#options.deadLettered(pending.record, reason);
    if (overflow.length > 0) this.#options.overflowed(overflow.length);
    if (dead.length > 0) this.#options.settled();
  }

  #setAside(pending: Pending): void {
    const { shelf, target } = this.#options;
    const { roomId, json } = pending.record;
    this.#window.settle(pending, 'deadLettered');
    shelf.add(letterId(pending.offset, target), roomId, letterBytes(json));
  }

  #revive(id: string): void {
    const { shelf } = this.#options;
    // What is off the shelf has been counted otherwise by now.
    if (!shelf.has(id)) return;
    shelf.remove(id);
    this.#recount(id, 'delivered');
  }

  /** Only what this cursor has counted as dead can be counted otherwise. */
  #recount(id: string, fate: Fate): void {
    const offset = Number.parseInt(id, 10);
    if (id !== letterId(offset, this.#options.target) || offset <= this.#cursor.start) return;
    for (const counts of [this.#window.counts, this.#seen?.counts]) {
      if (counts === undefined || counts.deadLettered === 0) continue;
      counts.deadLettered--;
      counts[fate]++;
    }
  }
}

/** Everything up to here is settled, and has gone to a bus that was there: it will never be asked for again. */
export function passedOf(cursor: Cursor): number {
  return Math.min(markOf(cursor), cursor.seen === null ? Number.POSITIVE_INFINITY : markOf(cursor.seen));
}

/** The books of a cursor: every event of the log since it began is in exactly one of them. */
export function accountOf(log: Log, cursor: Cursor): Accounting {
  return account(log, cursor.start, cursor.readTo, unsettled(cursor), cursor.counts);
}

function account(log: Log, start: number, readTo: number, left: number, counts: Progress['counts']): Accounting {
  return { accepted: log.last - start, pending: log.last - readTo + left, ...counts };
}
