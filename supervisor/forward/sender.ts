import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { backoff, Gate } from './gate.ts';
import type { Pending } from './ledger.ts';
import type { Outage } from './outage.ts';
import type { PutEventsEntry, Target } from './port.ts';
import type { ForwardSettings } from './settings.ts';
import { sortOutcomes, type Verdict } from './verdict.ts';

/** An entry on its way. */
export interface Item extends Pending {
  readonly entry: PutEventsEntry;
  readonly high: boolean;
  /** Requests that failed so far. */
  attempts: number;
}

export interface SenderOptions {
  readonly target: Target;
  readonly settings: ForwardSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly outage: Outage;
  readonly delivered: (item: Item) => void;
  readonly poison: (item: Item, reason: string) => void;
}

/** Sends batches, several at once, and sends again what failed: only that, until each entry is settled. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #gate: Gate;
  readonly #outbox: Item[][] = [];
  /** Batches that wait for their next attempt. */
  readonly #asleep = new Map<Item[], Timer>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  constructor(options: SenderOptions) {
    this.#options = options;
    const { settings, clock, random } = options;
    this.#gate = new Gate(settings.concurrency, settings.retry, clock, random, () => this.#next());
  }

  /** Why nothing may be sent, while an operator has to act. */
  get held(): string | undefined {
    return this.#gate.held;
  }

  push(batch: Item[]): void {
    this.#outbox.push(batch);
    this.#next();
  }

  /** Gives up what is under way: it stays unsettled. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#gate.close();
    for (const timer of this.#asleep.values()) timer.cancel();
    await Promise.all(this.#underWay);
  }

  #next(): void {
    while (!this.#abort.signal.aborted && this.#gate.admits(this.#underWay.size)) {
      const batch = this.#outbox.shift();
      if (batch === undefined) return;
      const sending = this.#send(batch)
        .catch((error: unknown) => this.#options.telemetry.internalError('forward send', error))
        .finally(() => {
          this.#underWay.delete(sending);
          this.#next();
        });
      this.#underWay.add(sending);
    }
  }

  async #send(batch: Item[]): Promise<void> {
    const { target, clock, telemetry } = this.#options;
    const { generation } = this.#gate;
    const started = clock.monotonic();
    const outcomes = await target.send({ Entries: batch.map(({ entry }) => entry) }, this.#abort.signal);
    const verdict = sortOutcomes(batch, outcomes);
    for (const item of verdict.delivered) this.#options.delivered(item);
    for (const { item, reason } of verdict.poison) this.#options.poison(item, reason);
    telemetry.batchSent(target.name, batch.length, verdict.delivered.length, clock.monotonic() - started);
    if (this.#abort.signal.aborted) return;
    this.#steer(generation, verdict);
    this.#again(verdict);
  }

  /** What the answer says about the target. */
  #steer(generation: number, verdict: Verdict<Item>): void {
    const { outage } = this.#options;
    if (verdict.delivered.length > 0) outage.succeeded();
    else if (verdict.poison.length === 0 && verdict.refused.length === 0) outage.failed(verdict.reason);
    const isHeld = verdict.hold.length > 0;
    if (isHeld || verdict.unavailable.length > 0) this.#gate.failed(generation, isHeld ? verdict.reason : undefined);
    else this.#wake(this.#gate.answered(generation));
  }

  /** What to do with the entries that failed. */
  #again({ hold, refused, transient, unavailable, reason }: Verdict<Item>): void {
    for (const [kind, items] of Object.entries({ hold, refused, transient, unavailable })) {
      if (items.length > 0) this.#options.telemetry.entryRetried(kind, items.length);
    }
    const half = Math.ceil(refused.length / 2);
    const due = [hold, refused.slice(0, half), refused.slice(half)];
    this.#outbox.unshift(...due.filter((items) => items.length > 0));
    this.#sleep([...transient, ...unavailable], reason);
  }

  #sleep(items: Item[], reason: string): void {
    const { settings, clock, random, poison } = this.#options;
    const tooOld = clock.now() - settings.maxAgeMs;
    const batch: Item[] = [];
    for (const item of items) {
      item.attempts++;
      if (item.record.receivedAt < tooOld) poison(item, `TooOld: ${reason}`);
      else batch.push(item);
    }
    if (batch.length === 0) return;
    const delay = backoff(settings.retry, attemptsOf(batch), random);
    this.#asleep.set(
      batch,
      clock.after(delay, () => {
        this.#asleep.delete(batch);
        this.#outbox.unshift(batch);
        this.#next();
      }),
    );
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

function attemptsOf(batch: readonly Item[]): number {
  return Math.max(...batch.map(({ attempts }) => attempts));
}
