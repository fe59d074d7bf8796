import type { Timer } from '../../../spec/runtime/clock.ts';
import type { BotView } from '../api.ts';
import { Demand } from './demand.ts';
import { Health } from './health.ts';
import type { Loss } from './loss.ts';
import type { DismissReason, WarmDeps, WarmEvents, WarmPlan } from './port.ts';
import { Standby } from './standby.ts';

/** For so long a request speaks of what is to come. */
const DEMAND_WINDOW_MS = 30_000;
/** One too many leaves at a time, and no faster than this. */
const SHRINK_EVERY_MS = 1_000;
/** Nobody says when the demand falls, or when rooms come and go. */
const LOOK_EVERY_MS = 1_000;

/**
 * The processes of one bot that wait for a room. One method, `#review`, brings their number to what the demand asks
 * for; whatever may change that calls it, and so does the one timer that it sets.
 */
export class WarmPool {
  readonly #deps: WarmDeps;
  readonly #plan: WarmPlan;
  readonly #events: WarmEvents;
  readonly #demand: Demand;
  readonly #health: Health;
  readonly #starting = new Set<Standby>();
  /** The one that has been ready for longest comes first. */
  readonly #ready = new Set<Standby>();
  /** Of all that are the pool's, those that are leaving included: resolves when nothing of it is left. */
  readonly #lives = new Map<Standby, Promise<void>>();
  readonly #assignments = { warm: 0, cold: 0, unanswered: 0 };
  #running = false;
  #quietUntil = -Infinity;
  #shrunkAt = -Infinity;
  #timer: Timer | undefined;
  #stopped: Promise<void> | undefined;

  constructor(deps: WarmDeps, plan: WarmPlan, events: WarmEvents) {
    const { bot, floor } = plan;
    this.#deps = deps;
    this.#plan = plan;
    this.#events = events;
    this.#demand = new Demand({ floor, ceiling: Math.max(floor, plan.ceiling), window: DEMAND_WINDOW_MS });
    this.#health = new Health(bot, deps.random, (problem) => events.problem(bot, problem));
  }

  /** Does nothing after `stop`. */
  start(): void {
    if (this.#stopped !== undefined) return;
    this.#running = true;
    this.#review();
  }

  /** Whether a room that asked now would get a process. */
  get hasReady(): boolean {
    return this.#fit(this.#deps.clock.monotonic()) !== undefined;
  }

  /**
   * A room asks for a process: the one that has been ready for longest, for it alone, or undefined at once. Whoever
   * gets one adopts it, ends it, removes its folder, and says what came of it: `answered` or `unanswered`.
   */
  take(): Standby | undefined {
    const now = this.#deps.clock.monotonic();
    this.#demand.note(now);
    // Starting a process stops everything for milliseconds, and this room shouldn't wait. Not prolonged by the next:
    // else a run of requests would keep the pool empty.
    if (now >= this.#quietUntil) this.#quietUntil = now + this.#plan.refillDelay;
    const standby = this.#fit(now);
    if (standby !== undefined) {
      this.#ready.delete(standby);
      standby.claim();
      this.#events.taken(this.#plan.bot, now - standby.readyAt);
    } else this.#events.missed(this.#plan.bot);
    this.#assignments[standby === undefined ? 'cold' : 'warm']++;
    this.#review();
    return standby;
  }

  /** The process that was taken does what it is for. */
  answered(standby: Standby): void {
    this.#health.answered(standby.startedAt, standby.claimedAt);
    this.#review();
  }

  /** It took no notice of its assignment, or was gone already. */
  unanswered(standby: Standby): void {
    this.#assignments.unanswered++;
    this.#events.unanswered(this.#plan.bot);
    if (this.#health.unanswered(standby.claimedAt, this.#deps.clock.monotonic())) this.#dismissAll('unanswered');
    this.#review();
  }

  view(): BotView {
    const { bot, floor } = this.#plan;
    const target = this.#target(this.#deps.clock.monotonic());
    return {
      bot,
      warm: { floor, target, ready: this.#ready.size, starting: this.#starting.size },
      assignments: { ...this.#assignments },
      problem: this.#health.problem ?? null,
    };
  }

  /** Sends away what waits; resolves when nothing of it is left. Idempotent, and legal before `start`. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    // First, so that nobody who leaves is replaced.
    this.#running = false;
    this.#timer?.cancel();
    this.#dismissAll('stopped');
    await Promise.all(this.#lives.values());
  }

  /** The one that has been ready for longest of those that a room may have. */
  #fit(now: number): Standby | undefined {
    for (const standby of this.#ready) if (standby.isFit(now)) return standby;
    return undefined;
  }

  #target(now: number): number {
    return Math.max(0, Math.min(this.#demand.target(now), this.#deps.room()));
  }

  #review(): void {
    this.#timer?.cancel();
    if (!this.#running) return;
    const now = this.#deps.clock.monotonic();
    for (const { startedAt } of this.#ready) this.#health.waits(startedAt, now);
    const target = this.#target(now);
    const again = Math.min(this.#grow(now, target), this.#shrink(now, target), LOOK_EVERY_MS);
    this.#timer = this.#deps.clock.after(again, () => this.#review());
  }

  /** Starts what is missing as far as it may; milliseconds after which it may do more. */
  #grow(now: number, target: number): number {
    const missing = target - this.#starting.size - this.#ready.size;
    if (missing <= 0) return Infinity;
    const pause = Math.max(this.#quietUntil, this.#health.pauseUntil) - now;
    if (pause > 0) return pause;
    const places = (this.#health.cautious ? 1 : this.#deps.maxStarting) - this.#starting.size;
    for (let i = Math.min(missing, places); i > 0; i--) this.#begin();
    // The rest when one of these is ready or lost.
    return Infinity;
  }

  /** Sends one away if there are too many; milliseconds after which it may do more. */
  #shrink(now: number, target: number): number {
    const surplus = this.#starting.size + this.#ready.size - target;
    const [oldest] = this.#ready;
    if (surplus <= 0 || oldest === undefined) return Infinity;
    const pause = this.#shrunkAt + SHRINK_EVERY_MS - now;
    if (pause > 0) return pause;
    this.#shrunkAt = now;
    this.#dismiss(oldest, 'surplus');
    return SHRINK_EVERY_MS;
  }

  #begin(): void {
    const standby: Standby = new Standby(this.#deps, this.#plan, {
      onReady: (ms) => this.#onReady(standby, ms),
      onLost: (loss) => this.#onLost(standby, loss),
      onFolderStays: (error) => this.#events.folderStays(standby.folder.path, error),
    });
    this.#starting.add(standby);
    this.#lives.set(
      standby,
      standby.live().then(() => void this.#lives.delete(standby)),
    );
  }

  #onReady(standby: Standby, ms: number): void {
    this.#starting.delete(standby);
    this.#ready.add(standby);
    this.#health.ready();
    this.#events.ready(this.#plan.bot, ms);
    this.#review();
  }

  #onLost(standby: Standby, loss: Loss): void {
    this.#forget(standby);
    this.#health.lost(loss, standby.startedAt, this.#deps.clock.monotonic());
    this.#events.left(this.#plan.bot, loss.reason, loss.stderr);
    this.#review();
  }

  #dismissAll(reason: DismissReason): void {
    for (const standby of [...this.#starting, ...this.#ready]) this.#dismiss(standby, reason);
  }

  #dismiss(standby: Standby, reason: DismissReason): void {
    this.#forget(standby);
    standby.dismiss(reason);
    this.#events.left(this.#plan.bot, reason, []);
  }

  #forget(standby: Standby): void {
    this.#starting.delete(standby);
    this.#ready.delete(standby);
  }
}
