import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { Budget } from './budget.ts';
import { backoff, Gate } from './gate.ts';
import type { Lined } from './lanes.ts';
import type { Outage } from './outage.ts';
import type { PutEventsEntry, Target } from './port.ts';
import type { ForwardSettings } from './settings.ts';
import { sortOutcomes, type Verdict } from './verdict.ts';

/** Of an entry that wasn't sent yet. */
export const UNTRIED = { attempts: 0, ownFailures: 0, answered: 0, followers: [] } as const;

/** What goes once so many others have: nothing of a room overtakes anything. */
interface Behind<T> {
  left: number;
  readonly items: T[];
}

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
  /** What waits for it, since the request that both were in was halved. */
  followers: readonly Behind<Sendable>[];
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
/** A batch that failed whole so often is taken apart: something in it may be what the target can't take. */
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
    if (verdict.delivered.length > 0) this.#answered++;
    // Who refuses what is sent is there.
    const isThere = verdict.delivered.length + verdict.poison.length + verdict.refused.length > 0;
    if (isThere) outage.succeeded();
    else outage.failed(verdict.reason);
    const isHeld = verdict.hold.length > 0;
    if (isHeld || verdict.unavailable.length > 0) this.#gate.failed(generation, isHeld ? verdict.reason : undefined);
    else this.#wake(this.#gate.answered(generation));
  }

  /** What to do with the entries that failed. */
  #again({ hold, refused, transient, unavailable, reason }: Verdict<T>): void {
    for (const [kind, items] of Object.entries({ hold, refused, transient, unavailable })) {
      if (items.length > 0) this.#options.telemetry.entryRetried(kind, items.length);
    }
    this.#outbox.unshift(...[hold, ...halve(refused)].filter((items) => items.length > 0));
    const isSuspicious = (unavailable[0]?.attempts ?? 0) >= SUSPICIOUS;
    for (const items of [transient, ...(isSuspicious ? apart(unavailable) : [unavailable])]) this.#sleep(items, reason);
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
    if (isOwn && ++item.ownFailures === PATIENCE) this.#pass(item);
  }

  #giveUp(item: T, reason: string): void {
    this.#letPass(item);
    this.#options.poison(item, reason);
  }

  #letPass(item: T): void {
    if (item.ownFailures < PATIENCE) this.#pass(item);
  }

  /** Nothing waits for it any more. */
  #pass(item: T): void {
    this.#options.release(item);
    for (const behind of item.followers) if (--behind.left === 0) this.#outbox.unshift(behind.items as T[]);
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

/** The first half; the other one follows when that is settled. Who has let others pass holds nobody up any more. */
function halve<T extends Sendable>(items: readonly T[]): T[][] {
  const half = Math.ceil(items.length / 2);
  const [first, rest] = [items.slice(0, half), items.slice(half)];
  const holders = first.filter(({ ownFailures }) => ownFailures < PATIENCE);
  if (holders.length === 0 || rest.length === 0) return [first, rest];
  const behind = { left: holders.length, items: rest };
  for (const item of holders) item.followers = [...item.followers, behind];
  return [first];
}

/** Each room for itself: who only stood beside the cause is out of it at once. A room alone is halved. */
function apart<T extends Sendable>(items: readonly T[]): T[][] {
  const lanes = Object.values(Object.groupBy(items, ({ lane }) => lane)) as T[][];
  return lanes.length === 1 ? halve(items) : lanes;
}
