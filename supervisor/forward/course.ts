import type { Documents } from '../log/port.ts';
import type { Accounting } from './api.ts';
import { type Cursor, cursorKey, loadCursor } from './cursor.ts';
import { lettersSince, noDeadLetter } from './dead-letters.ts';
import { accountOf, passedOf } from './ledger.ts';
import { type Item, Passage, type PassageOptions } from './passage.ts';
import { markOf, noCounts, type Progress, unsettled } from './window.ts';

/** Of a target that can't be looked at. */
const UNKNOWN = '';

/** Where forwarding stands: on a passage, or waiting at a cursor. */
export class Course {
  readonly #options: PassageOptions;
  readonly #began: () => void;
  #cursor: Cursor | undefined;
  #passage: Passage | undefined;
  /** While it waits: when the oldest event was received. */
  #oldest: number | undefined;

  /** `began` is called in the same breath as a passage begins to take what is pushed. */
  constructor(options: PassageOptions, began: () => void) {
    this.#options = options;
    this.#began = began;
  }

  get passage(): Passage | undefined {
    return this.#passage;
  }

  /** Everything up to this offset is settled for good: retention may forget it. */
  get passed(): number {
    if (this.#passage !== undefined) return this.#passage.ledger.passed;
    return this.#cursor === undefined ? 0 : passedOf(this.#cursor);
  }

  /** Everything up to this offset is settled, as it is on disk. */
  get mark(): number {
    if (this.#passage !== undefined) return this.#passage.ledger.mark;
    return this.#cursor === undefined ? 0 : markOf(this.#cursor);
  }

  /** When the oldest event that waits was received, as far as it was read. */
  get oldest(): number | undefined {
    return this.#passage === undefined ? this.#oldest : this.#passage.ledger.oldest;
  }

  /** The identity of the target when it was last seen; undefined when that isn't known. */
  get identity(): string | undefined {
    return (this.#passage?.ledger ?? this.#cursor)?.seen?.identity || undefined;
  }

  get accounting(): Accounting {
    if (this.#passage !== undefined) return this.#passage.ledger.accounting;
    if (this.#cursor === undefined) return { accepted: 0, pending: 0, ...noCounts() };
    return accountOf(this.#options.log, this.#cursor);
  }

  /** Resolves when the cursor is loaded, and on disk if it is new. */
  async load(): Promise<void> {
    const { log, target, startFrom, shelf } = this.#options;
    await shelf.load(log);
    const cursor = await loadCursor(log, target.name, startFrom);
    // Until the target is seen for the first time, nothing that is sent counts for sure.
    const seen = target.check === undefined ? null : (cursor.seen ?? { ...progressOf(cursor), identity: UNKNOWN });
    await this.#moveTo({ ...cursor, seen });
  }

  /** Goes on from where it stands. Rejects when the log can't be read: then it stands there still. */
  async begin(): Promise<void> {
    if (this.#cursor === undefined || this.#passage !== undefined) return;
    const passage = new Passage(this.#options, this.#cursor);
    try {
      await passage.start();
    } catch (error) {
      await passage.stop();
      throw error;
    }
    this.#passage = passage;
    this.#began();
  }

  push(item: Item): void {
    this.#passage?.push(item);
  }

  /** Back to where the target was seen last, to wait there: what was sent since may have gone nowhere. */
  async goBack(): Promise<void> {
    const passage = this.#passage;
    if (passage !== undefined) {
      await passage.stop();
      await passage.ledger.save();
      this.#cursor = passage.ledger.cursor;
      this.#passage = undefined;
    }
    const from = this.#cursor;
    if (from === undefined || from.seen === null || isSame(from, from.seen)) return;
    const { log, target, telemetry, shelf } = this.#options;
    telemetry.forwardWentBack(from.readTo, from.seen.readTo);
    const letters = await lettersSince(log, target.name, from.seen);
    for (const id of letters) shelf.remove(id);
    await this.#moveTo({ ...from, ...progressOf(from.seen) }, Object.assign({}, ...letters.map(noDeadLetter)));
  }

  /** The target was seen: all that was delivered `before` has arrived. An identity that isn't given stays. */
  see(identity: string | undefined, before: Progress | undefined): void {
    const who = identity ?? this.identity ?? UNKNOWN;
    if (this.#passage !== undefined) {
      if (before !== undefined) this.#passage.ledger.see({ ...before, identity: who });
    } else if (this.#cursor !== undefined) {
      this.#cursor = { ...this.#cursor, seen: { ...progressOf(this.#cursor), identity: who } };
    }
  }

  /** Dead letters that have arrived go with the next commit; resolves then. */
  async revived(ids: readonly string[]): Promise<void> {
    await this.#passage?.ledger.revived(ids);
  }

  async #moveTo(cursor: Cursor, documents: Documents = {}): Promise<void> {
    const { log, target } = this.#options;
    this.#cursor = cursor;
    await log.append([], { ...documents, [cursorKey(target.name)]: cursor });
    const page = await log.read({ after: markOf(cursor), limit: 1 });
    this.#oldest = page.records[0]?.receivedAt;
  }
}

function progressOf({ readTo, open, parked, counts }: Progress): Progress {
  return { readTo, open, parked, counts };
}

/** Whatever is settled is one less, or was read first. */
function isSame(one: Progress, other: Progress): boolean {
  return one.readTo === other.readTo && unsettled(one) === unsettled(other);
}
