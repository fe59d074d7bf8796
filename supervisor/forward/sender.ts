import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { Budget } from './budget.ts';
import { backoff, Gate } from './gate.ts';
import type { Lined } from './lanes.ts';
import type { Outage } from './outage.ts';
import type { PutEventsEntry, Target } from './port.ts';
import type { ForwardSettings } from './settings.ts';
import { sortOutcomes, type Verdict } from './verdict.ts';

/** An entry on its way. */
export interface Sendable extends Lined {
  readonly entry: PutEventsEntry;
  /** Milliseconds since 1970: a failure after this is final. */
  readonly expiresAt: number;
  /** Requests that failed so far. */
  attempts: number;
  /** Those of them that failed while others got through. */
  ownFailures: number;
  /** Requests that had got through when it failed the last time. */
  answered: number;
}

export interface SenderOptions<T> {
  readonly target: Target;
  readonly settings: ForwardSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly outage: Outage;
  /** The next batch that is due. */
  readonly take: () => T[] | undefined;
  /** The item holds up those behind it no more. Once an item, before it is settled or when it fails too often. */
  readonly release: (item: T) => void;
  readonly delivered: (item: T) => void;
  readonly poison: (item: T, reason: string) => void;
}

/** An entry that failed so often while others got through lets those behind it pass: it mustn't hold up its room. */
const PATIENCE = 8;
/** A batch that failed whole so often while others got through is halved to find out why. */
const SUSPICIOUS = 3;

/** Sends batches, several at once, and sends again what failed: only that, until each entry is settled. */
export class Sender<T extends Sendable> {
  readonly #options: SenderOptions<T>;
  readonly #gate: Gate;
  readonly #budget: Budget;
  /** Batches to be sent again. */
  readonly #outbox: T[][] = [];
  /** Batches that wait for their next attempt. */
  readonly #asleep = new Map<T[], Timer>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #saving: Timer | undefined;
  #answered = 0;

  constructor(options: SenderOptions<T>) {
    this.#options = options;
    const { settings, clock, random } = options;
    this.#gate = new Gate(settings.concurrency, settings.retry, clock, random, () => this.next());
    this.#budget = new Budget(settings.entriesPerSecond, clock);
  }

  /** Why nothing may be sent, while an operator has to act. */
  get held(): string | undefined {
    return this.#gate.held;
  }

  /** Sends what may be sent. To be called when there may be a batch to take. */
  next(): void {
    while (!this.#abort.signal.aborted && this.#gate.admits(this.#underWay.size) && this.#affords()) {
      const batch = this.#outbox.shift() ?? this.#options.take();
      if (batch === undefined) return;
      this.#budget.spend(batch.length);
      const sending = this.#send(batch).finally(() => {
        this.#underWay.delete(sending);
        this.next();
      });
      this.#underWay.add(sending);
    }
  }

  /** Gives up what is under way: it stays unsettled. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#gate.close();
    this.#saving?.cancel();
    for (const timer of this.#asleep.values()) timer.cancel();
    await Promise.all(this.#underWay);
  }

  #affords(): boolean {
    const { waitMs } = this.#budget;
    if (waitMs === 0) return true;
    this.#saving ??= this.#options.clock.after(waitMs, () => {
      this.#saving = undefined;
      this.next();
    });
    return false;
  }

  async #send(batch: T[]): Promise<void> {
    const { target, clock, telemetry } = this.#options;
    const { generation } = this.#gate;
    const started = clock.monotonic();
    const outcomes = await target.send({ Entries: batch.map(({ entry }) => entry) }, this.#abort.signal);
    const verdict = sortOutcomes(batch, outcomes);
    for (const item of verdict.delivered) {
      this.#letPass(item);
      this.#options.delivered(item);
    }
    for (const { item, reason } of verdict.poison) this.#giveUp(item, reason);
    telemetry.batchSent(target.name, batch.length, verdict.delivered.length, clock.monotonic() - started);
    if (this.#abort.signal.aborted) return;
    this.#steer(generation, verdict);
    this.#again(verdict);
  }

  /** What the answer says about the target. */
  #steer(generation: number, verdict: Verdict<T>): void {
    const { outage } = this.#options;
    if (verdict.delivered.length > 0) {
      this.#answered++;
      outage.succeeded();
    } else if (verdict.poison.length === 0 && verdict.refused.length === 0) outage.failed(verdict.reason);
    const isHeld = verdict.hold.length > 0;
    if (isHeld || verdict.unavailable.length > 0) this.#gate.failed(generation, isHeld ? verdict.reason : undefined);
    else this.#wake(this.#gate.answered(generation));
  }

  /** What to do with the entries that failed. */
  #again({ hold, refused, transient, unavailable, reason }: Verdict<T>): void {
    for (const [kind, items] of Object.entries({ hold, refused, transient, unavailable })) {
      if (items.length > 0) this.#options.telemetry.entryRetried(kind, items.length);
    }
    const due = [hold, ...halves(refused)];
    this.#outbox.unshift(...due.filter((items) => items.length > 0));
    const batches = this.#isSuspicious(unavailable)
      ? [transient, ...halves(unavailable)]
      : [[...transient, ...unavailable]];
    for (const items of batches) this.#sleep(items, reason);
  }

  /** Others get through and this one doesn't: something in it may be what the target can't take. */
  #isSuspicious(batch: readonly T[]): boolean {
    const [first] = batch;
    return batch.length > 1 && first !== undefined && first.ownFailures >= SUSPICIOUS;
  }

  #sleep(items: readonly T[], reason: string): void {
    const { settings, clock, random } = this.#options;
    const now = clock.now();
    const batch: T[] = [];
    for (const item of items) {
      this.#blame(item);
      if (item.expiresAt < now) this.#giveUp(item, `TooOld: ${reason}`);
      else batch.push(item);
    }
    if (batch.length === 0) return;
    const delay = backoff(settings.retry, attemptsOf(batch), random);
    this.#asleep.set(
      batch,
      clock.after(delay, () => {
        this.#asleep.delete(batch);
        this.#outbox.unshift(batch);
        this.next();
      }),
    );
  }

  #blame(item: T): void {
    const isOwn = item.attempts > 0 && this.#answered > item.answered;
    item.attempts++;
    item.answered = this.#answered;
    if (isOwn && ++item.ownFailures === PATIENCE) this.#options.release(item);
  }

  #giveUp(item: T, reason: string): void {
    this.#letPass(item);
    this.#options.poison(item, reason);
  }

  #letPass(item: T): void {
    if (item.ownFailures < PATIENCE) this.#options.release(item);
  }

  /** After an outage nobody sleeps on for its sake; who failed more often than that did so on his own account. */
  #wake(failures: number): void {
    for (const [batch, timer] of this.#asleep) {
      if (attemptsOf(batch) > failures) continue;
      timer.cancel();
      this.#asleep.delete(batch);
      this.#outbox.push(batch);
    }
  }
}

function attemptsOf(batch: readonly Sendable[]): number {
  return Math.max(...batch.map(({ attempts }) => attempts));
}

function halves<T>(items: readonly T[]): [T[], T[]] {
  const half = Math.ceil(items.length / 2);
  return [items.slice(0, half), items.slice(half)];
}
