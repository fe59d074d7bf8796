import { type Clock, sleep, type Timer } from '../../../spec/runtime/clock.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Documents, Log, LogRecord } from '../../log/port.ts';
import { type Findings, Judge, type KnownPolicies, LADDER_TOPICS, type Unreported, type Verdict } from './judge.ts';
import { bringUp } from './past.ts';

const PAGE = 500;
const RETRY_MS = 1_000;
/** How often to look for what only time brings to light, and to save how far reading has come. */
const TICK_MS = 1_000;
/** Saved at once after so many events. */
const SAVE_EVERY = 1_000;
/** Where it is kept how far the log has been judged. */
const CURSOR_KEY = 'enforce/cursor';

/** A room that can be acted on. Each promise resolves with the offset of the event when it is on disk. */
export interface Judged extends KnownPolicies {
  /** Whether a run was one of this room's. */
  ran(runId: string): boolean;
  /** All that its bot has written lately has been read at once. */
  readonly isRead: boolean;
  /** Acts on a violation; the documents commit with the event that says so. */
  enforce(verdict: Verdict, documents: Documents): Promise<number>;
  /** Says what the bot should have said. */
  tellUnreported(breach: Unreported): Promise<number>;
}

export interface EnforcerDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The running room of that id. */
  readonly find: (roomId: string) => Judged | undefined;
  /** Acts on what a room did that isn't there any more. */
  readonly bygone: (roomId: string, verdict: Verdict, documents: Documents) => Promise<number>;
}

/**
 * Reads the log from where the last supervisor stopped judging, once, in order, and acts on what it finds. An action and
 * how far was judged commit together: each violation is acted on once. It never gives up reading.
 */
export class Enforcer {
  readonly #deps: EnforcerDeps;
  readonly #judges = new Map<string, Judge>();
  /** What was published about a room and hasn't been read yet. */
  readonly #published = new Map<string, Promise<unknown>>();
  readonly #stopping = new AbortController();
  readonly #passing = new Set<{ readonly offset: number; readonly resolve: () => void }>();
  #at: number;
  #saved: number;
  #tick: Timer | undefined;
  #lookedAt = 0;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  static async open(deps: EnforcerDeps): Promise<Enforcer> {
    const cursor = (await deps.log.document(CURSOR_KEY)) as { offset: number } | undefined;
    // One of a log that was put back: what it points at is still to come.
    return new Enforcer(deps, Math.min(cursor?.offset ?? deps.log.last, deps.log.last));
  }

  private constructor(deps: EnforcerDeps, at: number) {
    this.#deps = deps;
    this.#at = at;
    this.#saved = at;
  }

  /** Nothing up to this offset is needed any more, by this supervisor or the next. */
  get passed(): number {
    return this.#saved;
  }

  /** Why violations aren't acted on at the moment. */
  get problem(): string | undefined {
    return this.#problem;
  }

  start(): void {
    this.#reading = this.#read();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#tick?.cancel();
    await this.#reading;
    for (const { resolve } of this.#passing) resolve();
    // It rejects when the log closes first: then the next one reads a little again.
    if (this.#saved < this.#at) await this.#save().catch(() => {});
  }

  /** The room has ended, with the event at that offset: resolves when all it did is judged, or when this stops. */
  async concluded(roomId: string, offset: number): Promise<void> {
    await this.judged(roomId, offset);
    this.#judges.delete(roomId);
  }

  /** Resolves when everything up to that offset, and all that follows from it, has been judged, or when this stops. */
  async judged(roomId: string, offset: number): Promise<void> {
    await this.#pass(offset);
    for (
      let published = this.#published.get(roomId);
      published !== undefined;
      published = this.#published.get(roomId)
    ) {
      const last = await published.catch(() => 0);
      await this.#pass(Number(last));
      if (this.#published.get(roomId) === published) this.#published.delete(roomId);
    }
  }

  #pass(offset: number): Promise<void> {
    if (this.#at >= offset || this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#passing.add({ offset, resolve }));
  }

  async #read(): Promise<void> {
    const { log, clock, telemetry } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#at >= log.last) await log.changed(this.#at, signal);
        if (!signal.aborted) await this.#page();
        this.#problem = undefined;
      } catch (error) {
        this.#problem = `violations can't be read: ${(error as Error).message}`;
        telemetry.internalError('enforcer', error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  async #page(): Promise<void> {
    const { log, telemetry } = this.#deps;
    const page = await log.read({ after: this.#at, limit: PAGE });
    if (page.gap) telemetry.violationsMissed(this.#at, page.next);
    for (const record of page.records) {
      // Most rooms are known, and most events call for nothing: no turn of the loop is spent on them.
      const known = this.#judges.get(record.roomId);
      const judge = known ?? (LADDER_TOPICS.has(record.topic) ? await this.#judgeFor(record) : undefined);
      const findings = judge === undefined ? undefined : this.#see(judge, record);
      if (findings !== undefined) await this.#follow(record.roomId, findings);
      this.#at = record.offset;
    }
    this.#at = Math.max(this.#at, page.next);
    for (const waiter of this.#passing) {
      if (waiter.offset > this.#at) continue;
      this.#passing.delete(waiter);
      waiter.resolve();
    }
    if (this.#at - this.#saved >= SAVE_EVERY) void this.#save().catch(() => {});
    else this.#tickLater();
  }

  /** Undefined when nothing follows. One that can't be judged holds up no other. */
  #see(judge: Judge, record: LogRecord): Findings | undefined {
    try {
      const findings = judge.see(record);
      return findings.verdict === undefined && findings.unreported.length === 0 ? undefined : findings;
    } catch (error) {
      this.#deps.telemetry.internalError('enforcer', error);
      return undefined;
    }
  }

  /** A judge for a room of which none is known: it stands where an earlier one stood. */
  async #judgeFor(record: LogRecord): Promise<Judge> {
    const { log, find } = this.#deps;
    const { roomId } = record;
    const judge = new Judge({
      given: (runId) => find(roomId)?.given(runId),
      issued: (policyVersion) => find(roomId)?.issued(policyVersion),
    });
    await bringUp(judge, log, record);
    this.#judges.set(roomId, judge);
    return judge;
  }

  async #follow(roomId: string, { unreported, verdict }: Findings): Promise<void> {
    this.#tell(roomId, unreported);
    if (verdict === undefined) return;
    const { find, bygone } = this.#deps;
    const room = find(roomId);
    const documents = { [CURSOR_KEY]: { offset: verdict.offset } };
    if (room?.ran(verdict.runId)) this.#follows(roomId, room.enforce(verdict, documents));
    // Nothing may be saved before it that lies behind it, and the ladder doesn't call for it twice.
    else await this.#untilDone(() => bygone(roomId, verdict, documents));
  }

  async #untilDone(act: () => Promise<unknown>): Promise<void> {
    const { clock, telemetry } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await act();
        return;
      } catch (error) {
        this.#problem = `violations can't be acted on: ${(error as Error).message}`;
        telemetry.internalError('enforcer', error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  #tell(roomId: string, unreported: readonly Unreported[]): void {
    const room = this.#deps.find(roomId);
    for (const breach of unreported) if (room !== undefined) this.#follows(roomId, room.tellUnreported(breach));
  }

  #follows(roomId: string, published: Promise<number>): void {
    const before = this.#published.get(roomId);
    const all = Promise.all([before, published]).then(([, offset]) => offset);
    // It rejects when the log closes first: then there is nothing to wait for.
    all.catch(() => {});
    this.#published.set(roomId, all);
  }

  #tickLater(): void {
    if (this.#tick !== undefined || this.#stopping.signal.aborted) return;
    this.#tick = this.#deps.clock.after(TICK_MS, () => {
      this.#tick = undefined;
      this.#look();
    });
  }

  /** What bots should have said by now, if all that they said has been read. */
  #look(): void {
    const { log, clock, find } = this.#deps;
    // As of the last look: after a stall, what bots wrote in time comes in after the timers.
    const then = this.#lookedAt;
    this.#lookedAt = clock.now();
    if (this.#at >= log.last) {
      for (const [roomId, judge] of this.#judges) {
        const room = find(roomId);
        if (room === undefined) this.#judges.delete(roomId);
        else if (judge.pending && room.isRead) this.#tell(roomId, judge.overdue(then));
      }
      if (this.#saved < this.#at) void this.#save().catch(() => {});
    }
    if ([...this.#judges.values()].some((judge) => judge.pending) || this.#saved < this.#at) this.#tickLater();
  }

  async #save(): Promise<void> {
    const at = this.#at;
    this.#saved = at;
    await this.#deps.log.append([], { [CURSOR_KEY]: { offset: at } });
  }
}
