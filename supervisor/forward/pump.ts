import { sleep } from '../../spec/runtime/clock.ts';
import type { LogRecord } from '../log/port.ts';
import { type Announcer, createAnnouncer } from './announce.ts';
import { Batcher } from './batcher.ts';
import { loadCursor } from './cursor.ts';
import { createGovern, type Governed, type SkipReason } from './govern.ts';
import { type Accounting, Ledger } from './ledger.ts';
import { Outage } from './outage.ts';
import type { PumpOptions } from './pump-options.ts';
import { Reader } from './reader.ts';
import { type Item, Sender } from './sender.ts';
import { type Fate, noCounts } from './window.ts';

const FATE_OF: Readonly<Record<SkipReason, Fate>> = { local: 'local', sampled_out: 'sampledOut', pii: 'pii' };
/** Of unsettled entries, so that a thousand large ones don't fill the memory. */
const WINDOW_BYTES = 16_000_000;

/** Moves events from the log to the target: reads, governs, batches, sends, and keeps the cursor. */
export class Pump {
  readonly #options: PumpOptions;
  readonly #announce: Announcer;
  readonly #govern: (record: LogRecord) => Governed;
  readonly #batcher: Batcher<Item>;
  readonly #sender: Sender;
  readonly #outage: Outage;
  #ledger: Ledger | undefined;
  #reader: Reader | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  /** Set when stopping: read no further than this offset, and say when all up to there is settled. */
  #goal: { readonly offset: number; readonly reached: () => void } | undefined;

  constructor(options: PumpOptions) {
    const { settings, clock, telemetry, target, publish, topic, piiCeiling } = options;
    this.#options = options;
    this.#announce = createAnnouncer(target.name, telemetry, publish);
    this.#govern = createGovern({ ...settings, bytes: settings.batch.bytes, topic, piiCeiling });
    this.#outage = new Outage(settings.deferAfterMs, clock, {
      deferred: (reason) => this.#deferred(reason),
      recovered: this.#announce.recovered,
    });
    this.#sender = new Sender({
      ...options,
      outage: this.#outage,
      delivered: (item) => this.#ledger?.delivered(item),
      poison: (item, reason) => this.#ledger?.dead(item, reason),
    });
    this.#batcher = new Batcher(settings.batch, clock, (batch) => this.#sender.push(batch));
  }

  /** Everything up to this offset is settled for good: retention may forget it. */
  get passed(): number {
    return this.#ledger?.passed ?? 0;
  }

  /** Why nothing gets through at the moment, for people; undefined when all is well. */
  get problem(): string | undefined {
    if (this.#sender.held !== undefined) return `held: ${this.#sender.held}`;
    return this.#outage.announced === undefined ? undefined : `deferred: ${this.#outage.announced}`;
  }

  /** accepted = pending + delivered + deadLettered + expired + local + sampledOut + pii, at every moment. */
  accounting(): Accounting {
    return this.#ledger?.accounting() ?? { accepted: 0, pending: 0, ...noCounts() };
  }

  /** Resolves when the cursor is loaded, and on disk if it is new. Idempotent. */
  start(): Promise<void> {
    this.#started ??= this.#stopped === undefined ? this.#start() : Promise.resolve();
    return this.#started;
  }

  /**
   * Sends what is in the log, for at most `deadlineMs`, then gives up what is under way and saves the cursor: the
   * next start goes on from there. Not delayed by a target that is held. Idempotent; legal before start.
   */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #start(): Promise<void> {
    const { log, target, clock, telemetry, settings, startFrom } = this.#options;
    const cursor = await loadCursor(log, target.name, startFrom);
    const ledger = new Ledger(
      {
        log,
        target: target.name,
        clock,
        telemetry,
        saveMs: settings.saveMs,
        settled: () => this.#settled(),
        deadLettered: this.#announce.deadLettered,
      },
      cursor,
    );
    await ledger.save();
    this.#ledger = ledger;
    this.#reader = new Reader(
      {
        log,
        clock,
        telemetry,
        room: () => this.#room(ledger),
        take: (record) => this.#take(ledger, record),
        missed: (to, count) => {
          ledger.skip(to, 'expired', count);
          telemetry.eventsMissed(target.name, count);
        },
        taken: () => {
          if (this.#goal !== undefined) this.#batcher.flush();
          this.#settled();
        },
      },
      cursor.offset,
    );
    this.#reader.start();
  }

  #room(ledger: Ledger): number {
    const free = ledger.bytes < WINDOW_BYTES ? this.#options.settings.window - ledger.size : 0;
    return this.#goal === undefined ? free : Math.min(free, this.#goal.offset - ledger.readTo);
  }

  #take(ledger: Ledger, record: LogRecord): void {
    const governed = this.#govern(record);
    const { offset } = record;
    if (governed.kind === 'skip') {
      ledger.skip(offset, FATE_OF[governed.reason]);
      this.#options.telemetry.eventNotForwarded(governed.reason);
    } else if (governed.kind === 'poison') {
      const pending = { offset, bytes: 0, record };
      ledger.add(pending);
      ledger.dead(pending, governed.reason);
    } else {
      const { entry, bytes, high } = governed;
      const item: Item = { offset, bytes, record, entry, high, attempts: 0 };
      ledger.add(item);
      this.#batcher.add(item);
    }
  }

  #settled(): void {
    const ledger = this.#ledger;
    if (ledger === undefined) return;
    this.#options.telemetry.forwardBacklog(ledger.pending);
    if (this.#goal !== undefined && ledger.size === 0 && ledger.readTo >= this.#goal.offset) this.#goal.reached();
    this.#reader?.resume();
  }

  #deferred(reason: string): void {
    const now = this.#options.clock.now();
    const oldestMs = Math.max(0, now - (this.#ledger?.oldest ?? now));
    this.#announce.deferred(reason, this.#ledger?.pending ?? 0, oldestMs);
  }

  async #stop(deadlineMs: number): Promise<void> {
    // A start that failed has told its caller.
    await this.#started?.catch(() => {});
    const ledger = this.#ledger;
    if (ledger === undefined) return;
    if (deadlineMs > 0 && this.#sender.held === undefined) await this.#within(deadlineMs, this.#drained());
    await this.#reader?.stop();
    await this.#sender.stop();
    this.#batcher.flush();
    this.#outage.close();
    ledger.close();
    // A disk that takes nothing must not keep the process: the cursor on it is older, and valid.
    await this.#within(this.#options.settings.saveMs, ledger.save());
  }

  #drained(): Promise<void> {
    return new Promise((reached) => {
      this.#goal = { offset: this.#options.log.last, reached };
      this.#batcher.flush();
      this.#settled();
    });
  }

  async #within(ms: number, work: Promise<void>): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, sleep(this.#options.clock, ms, done.signal)]);
    done.abort();
  }
}
