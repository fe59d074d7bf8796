import type { LogRecord } from '../log/port.ts';
import type { Announcer } from './announce.ts';
import type { WholeDeadLetter } from './api.ts';
import { CatchUp } from './catch-up.ts';
import { type Cursor, recordsAt } from './cursor.ts';
import type { Governed, SkipReason } from './govern.ts';
import { Lanes } from './lanes.ts';
import { Ledger } from './ledger.ts';
import type { Outage } from './outage.ts';
import type { PumpOptions } from './pump-options.ts';
import { Reader } from './reader.ts';
import { type Sendable, Sender, UNTRIED } from './sender.ts';
import type { Shelf } from './shelf.ts';
import type { Fate } from './window.ts';

/** An event on its way. */
export interface Item extends Sendable {
  readonly offset: number;
  readonly record: LogRecord;
  /** A dead letter that is sent again: it has no place in the window. */
  readonly letter?: WholeDeadLetter;
}

export interface PassageOptions extends PumpOptions {
  readonly govern: (record: LogRecord) => Governed;
  readonly announce: Announcer;
  readonly outage: Outage;
  readonly shelf: Shelf;
  /** Something got through. */
  readonly delivered: () => void;
  /** What becomes of dead letters. */
  readonly arrived: (letter: WholeDeadLetter) => void;
  readonly refused: (letter: WholeDeadLetter, reason: string) => void;
}

const FATE_OF: Readonly<Record<SkipReason, Fate>> = {
  local: 'local',
  spec_mismatch: 'specMismatch',
  pii: 'pii',
  sampled_out: 'sampledOut',
};
/** Of unsettled entries, so that a thousand large ones don't fill the memory. */
const WINDOW_BYTES = 16_000_000;
/** Of one room: enough for the largest request. */
const ROOM_BYTES = 1_000_000;
/** Less isn't worth a call to the log while there is something to send. */
const WORTHWHILE = 100;

/** Moves events from the log to the target, from a cursor on: reads, governs, batches, sends, and keeps the cursor. */
export class Passage {
  readonly ledger: Ledger;
  readonly #options: PassageOptions;
  readonly #lanes: Lanes<Item>;
  readonly #sender: Sender<Item>;
  readonly #reader: Reader;
  readonly #catchUp: CatchUp;
  readonly #open: readonly number[];
  readonly #stopping = new AbortController();
  /** Set when stopping: read no further than this offset, and say when all up to there is settled. */
  #goal: { readonly offset: number; readonly reached: () => void } | undefined;

  constructor(options: PassageOptions, cursor: Cursor) {
    const { log, target, clock, telemetry, settings, announce } = options;
    this.#options = options;
    this.#open = cursor.open;
    this.ledger = new Ledger(
      {
        log,
        target: target.name,
        clock,
        telemetry,
        saveMs: settings.saveMs,
        shelf: options.shelf,
        overflowed: announce.expired,
        settled: () => this.#settled(),
        deadLettered: announce.deadLettered,
      },
      cursor,
    );
    this.#lanes = new Lanes(settings.batch, clock, () => this.#sender.next());
    this.#sender = new Sender({
      ...options,
      take: () => this.#lanes.take(),
      release: (item) => {
        this.#lanes.release(item);
        this.#resume();
      },
      delivered: (item) => this.#delivered(item),
      poison: (item, reason) => this.#poison(item, reason),
    });
    this.#reader = new Reader(
      {
        log,
        clock,
        telemetry,
        room: () => this.#room(),
        take: (record) => this.#take(record),
        missed: (to, count) => this.#expired(to, count),
        taken: () => this.#taken(),
      },
      cursor.readTo,
    );
    this.#catchUp = new CatchUp({
      log,
      clock,
      telemetry,
      ledger: this.ledger,
      place: (roomId) => this.#place(roomId),
      take: (record) => {
        this.#admit(record);
        return !this.#isFull(record.roomId);
      },
      taken: (expired) => {
        if (expired > 0) announce.expired(expired);
        this.#taken();
      },
    });
  }

  /** Why nothing may be sent, while an operator has to act. */
  get held(): string | undefined {
    return this.#sender.held;
  }

  /** Takes up what was left open, then reads on. Rejects when the log can't be read. */
  async start(): Promise<void> {
    const left: (readonly [offset: number, record: LogRecord | undefined])[] = [];
    for await (const each of recordsAt(this.#options.log, this.#open)) {
      if (this.#stopping.signal.aborted) return;
      left.push(each);
    }
    // In one breath: whatever becomes of the first, a cursor that is saved then must not leave out the last.
    let expired = 0;
    for (const [offset, record] of left) {
      if (record !== undefined) this.#admit(record);
      else {
        expired++;
        this.ledger.skip(offset, 'expired');
      }
    }
    if (expired > 0) this.#options.announce.expired(expired);
    this.#sender.next();
    this.#reader.start();
    this.#catchUp.start();
  }

  /** Sends a dead letter again, beside everything else. */
  push(item: Item): void {
    this.#lanes.add(item);
    this.#sender.next();
  }

  /** Resolves when all that is in the log now is settled. */
  drained(): Promise<void> {
    return new Promise((reached) => {
      this.#goal = { offset: this.#options.log.last, reached };
      this.#lanes.flush();
      this.#sender.next();
      this.#settled();
    });
  }

  /** Gives up what is under way. The cursor stays to be saved. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#reader.stop(), this.#catchUp.stop()]);
    await this.#sender.stop();
    this.#lanes.close();
    this.ledger.close();
  }

  #room(): number {
    const { ledger } = this;
    let free = ledger.bytes < WINDOW_BYTES ? this.#options.settings.window - ledger.size : 0;
    if (free < WORTHWHILE && this.#lanes.waiting > 0) free = 0;
    return this.#goal === undefined ? free : Math.min(free, this.#goal.offset - ledger.readTo);
  }

  /** How many more of a parked room may be read; it isn't worth it for few. */
  #place(roomId: string): number {
    if (this.#isFull(roomId)) return 0;
    const { windowPerRoom, window } = this.#options.settings;
    const free = Math.min(windowPerRoom - this.#lanes.load(roomId).items, window - this.ledger.size);
    return free >= windowPerRoom / 2 ? free : 0;
  }

  #isFull(roomId: string): boolean {
    const { items, bytes } = this.#lanes.load(roomId);
    return items >= this.#options.settings.windowPerRoom || bytes >= ROOM_BYTES || this.ledger.bytes >= WINDOW_BYTES;
  }

  #take(record: LogRecord): void {
    const { roomId } = record;
    // What has earlier ones parked comes after these.
    if (this.ledger.parked.has(roomId) || this.#isFull(roomId)) this.ledger.park(record);
    else this.#admit(record);
  }

  #admit(record: LogRecord): void {
    const { govern, telemetry, settings } = this.#options;
    const governed = govern(record);
    const { offset, roomId: lane } = record;
    if (governed.kind === 'skip') {
      this.ledger.skip(offset, FATE_OF[governed.reason]);
      telemetry.eventNotForwarded(governed.reason);
    } else if (governed.kind === 'poison') {
      const pending = { offset, bytes: record.json.length, record };
      this.ledger.add(pending);
      this.ledger.dead(pending, governed.reason);
    } else {
      const expiresAt = record.receivedAt + settings.maxAgeMs;
      const { entry, bytes, high } = governed;
      const item: Item = { ...UNTRIED, offset, bytes, record, entry, high, lane, expiresAt };
      this.ledger.add(item);
      this.#lanes.add(item);
    }
  }

  #expired(to: number, count: number): void {
    this.ledger.skip(to, 'expired', count);
    this.#options.announce.expired(count);
  }

  #delivered(item: Item): void {
    this.#options.delivered();
    if (item.letter === undefined) this.ledger.delivered(item);
    else this.#options.arrived(item.letter);
  }

  #poison(item: Item, reason: string): void {
    if (item.letter === undefined) this.ledger.dead(item, reason);
    else this.#options.refused(item.letter, reason);
  }

  #taken(): void {
    this.#sender.next();
    this.#settled();
  }

  /** There may be room again, for the reader or for what is parked. */
  #resume(): void {
    this.#reader.resume();
    if (this.ledger.parked.size > 0) this.#catchUp.resume();
  }

  #settled(): void {
    const { ledger } = this;
    if (this.#goal !== undefined && ledger.unsettled === 0 && ledger.readTo >= this.#goal.offset) this.#goal.reached();
    this.#resume();
  }
}
