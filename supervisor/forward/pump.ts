import { sleep } from '../../spec/runtime/clock.ts';
import { adviceFor } from './advice.ts';
import { createAnnouncer } from './announce.ts';
import { Course } from './course.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createGovern } from './govern.ts';
import { Outage } from './outage.ts';
import type { Presence } from './port.ts';
import type { PumpOptions } from './pump-options.ts';
import { Redriver } from './redriver.ts';
import { Shelf } from './shelf.ts';
import { Watch } from './watch.ts';

/** What a disk may take at the end: the cursor on it is older when it takes longer, and valid. */
const LAST_SAVE_MS = 1_000;
/** After so many nobody believes that the target is made anew each time. */
const MANY_CHANGES = 2;
/** A target that is missing is looked for so often. */
const MISSING_MS = 5_000;

/**
 * The forwarder. While the target is there, a passage moves events to it. Some targets say success though nobody is
 * there: those are looked at now and then, and once one has gone, forwarding goes back to where it was seen last.
 */
export class Pump {
  readonly course: Course;
  readonly redrive: Redriver;
  readonly #options: PumpOptions;
  readonly #outage: Outage;
  readonly #watch: Watch;
  /** The first look is over. */
  readonly #looked = Promise.withResolvers<void>();
  #missing: string | undefined;
  #unchecked: string | undefined;
  /** Looks in a row that each found another target. */
  #changes = 0;
  #lastDeliveredAt: number | undefined;
  /** Letters that have arrived, if somebody was there to take them. */
  #arrived: { readonly id: string; readonly sure: (wasThere: boolean) => void }[] = [];
  /** Nothing begins any more. */
  #ending = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: PumpOptions) {
    const { settings, clock, telemetry, target, publish, topic, piiCeiling, accepts, log } = options;
    const govern = createGovern({ ...settings, bytes: settings.batch.bytes, topic, piiCeiling, accepts });
    const announce = createAnnouncer(target.name, telemetry, publish);
    const shelf = new Shelf(settings.deadLetterBytes);
    this.#options = options;
    this.#outage = new Outage(settings.deferAfterMs, clock, {
      deferred: (reason) => announce.deferred(reason, this.course.accounting.pending, this.oldestMs ?? 0),
      recovered: announce.recovered,
    });
    this.course = new Course(
      {
        ...options,
        govern,
        announce,
        outage: this.#outage,
        shelf,
        delivered: () => {
          this.#lastDeliveredAt = clock.now();
        },
        arrived: (letter) => this.redrive.arrived(letter),
        refused: (letter, reason) => this.redrive.refused(letter, reason),
      },
      () => void this.redrive.resume(),
    );
    this.redrive = new Redriver({
      log,
      target: target.name,
      clock,
      telemetry,
      maxAgeMs: settings.maxAgeMs,
      deadLetters: createDeadLetters(log),
      govern,
      push: (item) => this.course.push(item),
      keeps: (id) => shelf.has(id),
      revive: (id) => this.#revive(id),
    });
    this.#watch = new Watch(clock, (signal) => this.#look(signal));
    telemetry.forwardAccounts(() => this.course.accounting);
  }

  /** Why nothing is sent until an operator has acted. */
  get held(): string | undefined {
    return this.#missing ?? this.course.passage?.held;
  }

  /** Why nothing gets through at the moment, for people; undefined when all is well. */
  get problem(): string | undefined {
    const { held } = this;
    if (held !== undefined) return `held: ${held}; ${adviceFor(held)}`;
    return this.#outage.announced === undefined ? undefined : `deferred: ${this.#outage.announced}`;
  }

  /** Age of the oldest event that waits, in milliseconds. */
  get oldestMs(): number | undefined {
    const { oldest } = this.course;
    return oldest === undefined ? undefined : Math.max(0, this.#options.clock.now() - oldest);
  }

  /** Milliseconds since 1970. */
  get lastDeliveredAt(): number | undefined {
    return this.#lastDeliveredAt;
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** Resolves when the cursor is loaded, and on disk if it is new. Idempotent. */
  start(): Promise<void> {
    this.#started ??= this.#stopped === undefined ? this.#start() : Promise.resolve();
    return this.#started;
  }

  /**
   * Sends what is in the log, for at most `deadlineMs` or until `hurry` aborts, then gives up what is under way and
   * saves the cursor: the next start goes on from there. Not delayed by a target that is held. Idempotent; legal before
   * start.
   */
  stop(deadlineMs: number, hurry?: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs, hurry);
    return this.#stopped;
  }

  async #start(): Promise<void> {
    await this.course.load();
    if (this.#options.target.check !== undefined) return this.#watch.start();
    await this.course.begin();
    this.#looked.resolve();
  }

  /** Sees whether the target is there. Returns how long the next look may wait. */
  async #look(signal: AbortSignal): Promise<number> {
    const { target, settings, telemetry } = this.#options;
    // What was delivered before the question was asked is covered by the answer.
    const before = this.course.passage?.ledger.progress;
    const arrived = this.#arrived.length;
    const presence = (await target.check?.(signal)) ?? { kind: 'unknown', reason: 'no answer', denied: true };
    if (signal.aborted) return 0;
    try {
      if (presence.kind === 'missing') await this.#leave(presence.reason);
      else if (presence.kind === 'unknown' && !presence.denied) await this.#trust(presence.reason);
      else await this.#confirm(presence, before, arrived);
    } catch (error) {
      telemetry.internalError('forward watch', error);
      return MISSING_MS;
    }
    this.#looked.resolve();
    return this.#missing === undefined ? settings.checkMs : Math.min(settings.checkMs, MISSING_MS);
  }

  async #leave(reason: string): Promise<void> {
    const { telemetry, target } = this.#options;
    if (this.#missing === undefined) telemetry.targetMissing(target.name, reason);
    this.#missing = reason;
    this.#outage.failed(reason);
    await this.course.goBack();
    this.#settleArrived(this.#arrived.length, false);
  }

  /** It can't be told at the moment: what was so before is taken to be so still. */
  async #trust(reason: string): Promise<void> {
    this.#tellUnchecked(reason);
    if (this.#missing === undefined) await this.#goOn();
  }

  /** It is there, or nobody will ever know better. */
  async #confirm(presence: Presence, before: Parameters<Course['see']>[1], arrived: number): Promise<void> {
    const identity = presence.kind === 'there' ? presence.identity : undefined;
    const known = this.course.identity;
    if (presence.kind === 'unknown') this.#tellUnchecked(presence.reason);
    else this.#unchecked = undefined;
    // It was the bus that was away, and there may be nothing to send that would tell.
    if (this.#missing !== undefined) this.#outage.succeeded();
    this.#missing = undefined;
    const isAnother = identity !== undefined && known !== undefined && identity !== known;
    this.#changes = isAnother ? this.#changes + 1 : 0;
    if (isAnother && this.#changes > MANY_CHANGES) {
      this.#tellUnchecked('it is another one with every look');
    } else if (isAnother) {
      // Deleted and made anew in between.
      await this.course.goBack();
      this.#settleArrived(this.#arrived.length, false);
    }
    this.course.see(identity, before);
    await this.course.revived(this.#arrived.slice(0, arrived).map(({ id }) => id));
    this.#settleArrived(arrived, true);
    await this.#goOn();
  }

  async #goOn(): Promise<void> {
    if (this.course.passage === undefined && !this.#ending) await this.course.begin();
  }

  #tellUnchecked(reason: string): void {
    const { telemetry, target } = this.#options;
    if (this.#unchecked !== reason) telemetry.targetUnchecked(target.name, reason);
    this.#unchecked = reason;
  }

  #settleArrived(count: number, wasThere: boolean): void {
    for (const { sure } of this.#arrived.splice(0, count)) sure(wasThere);
  }

  /** A letter that has arrived goes once it is sure that somebody was there to take it; false: nobody was. */
  async #revive(id: string): Promise<boolean> {
    if (this.#options.target.check === undefined) {
      await this.course.revived([id]);
      return true;
    }
    return new Promise((sure) => {
      this.#arrived.push({ id, sure });
      this.#watch.hurry();
    });
  }

  async #stop(deadlineMs: number, hurry?: AbortSignal): Promise<void> {
    if (this.#started === undefined) return;
    // A start that failed has told its caller, and there is nothing to stop.
    if (
      await this.#started.then(
        () => false,
        () => true,
      )
    )
      return;
    await this.#within(deadlineMs, this.#looked.promise, hurry);
    this.#ending = true;
    await this.#within(LAST_SAVE_MS, this.#watch.stop());
    const { passage } = this.course;
    this.#outage.close();
    if (passage === undefined) return;
    if (deadlineMs > 0 && passage.held === undefined) await this.#within(deadlineMs, passage.drained(), hurry);
    await passage.stop();
    // What failed meanwhile is no news any more.
    this.#outage.close();
    await this.#within(LAST_SAVE_MS, passage.ledger.save());
  }

  async #within(ms: number, work: Promise<void>, hurry?: AbortSignal): Promise<void> {
    const done = new AbortController();
    const signal = hurry === undefined ? done.signal : AbortSignal.any([done.signal, hurry]);
    await Promise.race([work, sleep(this.#options.clock, ms, signal)]);
    done.abort();
  }
}
