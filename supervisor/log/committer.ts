import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { type Append, AppendQueue, type Group } from './append-queue.ts';
import { DiskFullError, LogClosedError } from './errors.ts';
import type { Documents, Entry, LogRecord } from './port.ts';

export interface CommitterDeps {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Offset of the newest record there is. */
  readonly last: number;
  /** Makes the group durable, all or nothing. Rejects with DiskFullError when a smaller one may still get through. */
  readonly commit: (group: Group) => Promise<unknown>;
  /** The group is durable; called before its appends resolve. */
  readonly committed: (group: Group) => void;
}

const BACKOFF_BASE_MS = 50;
const BACKOFF_MAX_MS = 5_000;

/**
 * Turns appends into group commits, one in flight: while it is, the next group gathers.
 * A group that fails is tried again, for ever and in place, so that order holds and nothing is lost. When it fails
 * because the disk is full, documents without records overtake: what is acknowledged needs no room to speak of.
 */
export class Committer {
  readonly #deps: CommitterDeps;
  readonly #closing = new AbortController();
  readonly #queue = new AppendQueue();
  #running: Promise<void> | undefined;
  #refusal: Error | undefined;
  #offset: number;
  #committed: number;
  #pending = { records: 0, bytes: 0 };
  #problem: string | undefined;
  /** Resolved by the next append without records. */
  #arrival = Promise.withResolvers<void>();

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
    this.#offset = deps.last;
    this.#committed = deps.last;
  }

  get pending(): { readonly records: number; readonly bytes: number } {
    return this.#pending;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** See Log.append. */
  append(entries: readonly Entry[], documents: Documents = {}): Promise<number> {
    const refusal =
      this.#refusal ?? (this.#closing.signal.aborted ? new LogClosedError('the log is closed') : undefined);
    if (refusal !== undefined) return Promise.reject(refusal);
    // Written out here: the caller may change its objects before the commit.
    const texts = Object.entries(documents).map(([key, value]) => [key, toText(value)] as const);
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const { roomId, topic, id, ts, receivedAt, json } of entries) {
      this.#offset += 1;
      bytes += json.length;
      records.push({ offset: this.#offset, roomId, topic, id, ts, receivedAt, json });
    }
    const offset = this.#offset;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const size = texts.reduce((sum, [, text]) => sum + (text?.length ?? 0), bytes);
    this.#queue.push({ records, documents: texts, bytes, size, offset, resolve, reject });
    this.#count(records.length, bytes);
    if (records.length === 0) this.#arrival.resolve();
    // A microtask later, so that all that is appended in one turn shares a commit.
    this.#running ??= Promise.resolve().then(() => this.#run());
    return promise;
  }

  /** Commits what is pending, then resolves. In an outage it tries once more, then rejects the pending appends. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Rejects everything, now and from now on: there is nobody left to commit. */
  fail(error: Error): void {
    this.#refusal ??= error;
    for (const append of this.#queue.clear()) append.reject(this.#refusal);
    this.#count(-this.#pending.records, -this.#pending.bytes);
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (let group = this.#queue.next(); group.length > 0; ) {
      const lastTry = this.#closing.signal.aborted;
      const error = await this.#commit(group);
      if (this.#refusal !== undefined) break;
      if (error === undefined) {
        failures = 0;
        group = this.#queue.next();
        continue;
      }
      const full = error instanceof DiskFullError;
      if (lastTry) {
        if (full) await this.#overtake(() => false);
        this.fail(new LogClosedError(`the log was closed while its disk refused commits: ${error.message}`));
        break;
      }
      await this.#pause(Math.min(BACKOFF_BASE_MS * 2 ** failures, BACKOFF_MAX_MS), full);
      failures += 1;
      // What overtook is no longer in the queue.
      if (full) group = this.#queue.next();
    }
    if (this.#refusal === undefined) this.#recover();
    this.#running = undefined;
  }

  /** Until the next try. On a full disk, documents that come meanwhile go through at once. */
  async #pause(ms: number, full: boolean): Promise<void> {
    let over = false;
    const slept = sleep(this.#deps.clock, ms, this.#closing.signal).then(() => {
      over = true;
    });
    while (full && !over) {
      this.#arrival = Promise.withResolvers();
      if (!(await this.#overtake(() => over))) break;
      await Promise.race([slept, this.#arrival.promise]);
    }
    await slept;
  }

  /** Commits documents that come without records, until none is left or it is `enough`; false when that fails. */
  async #overtake(enough: () => boolean): Promise<boolean> {
    while (!enough()) {
      const group = this.#queue.nextOvertaking();
      if (group.length === 0) break;
      if ((await this.#commit(group, true)) !== undefined || this.#refusal !== undefined) return false;
    }
    return true;
  }

  /** One try: the failure, or undefined. What overtakes says nothing about the trouble of the others. */
  async #commit(appends: readonly Append[], overtaking = false): Promise<Error | undefined> {
    const { clock, telemetry } = this.#deps;
    const group = {
      records: appends.length === 1 && appends[0] ? appends[0].records : appends.flatMap((append) => append.records),
      documents: appends.flatMap((append) => append.documents),
    };
    const began = clock.monotonic();
    try {
      await this.#deps.commit(group);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (this.#refusal !== undefined) return error;
      if (this.#problem === undefined) telemetry.commitFailed(error.message);
      this.#problem = error.message;
      return error;
    }
    if (this.#refusal !== undefined) return undefined;
    if (!overtaking) this.#recover();
    this.#settle(appends, group, clock.monotonic() - began);
    return undefined;
  }

  #settle(appends: readonly Append[], group: Group, ms: number): void {
    const { telemetry, committed } = this.#deps;
    this.#queue.remove(appends);
    this.#count(-group.records.length, -appends.reduce((sum, append) => sum + append.bytes, 0));
    this.#committed = group.records.at(-1)?.offset ?? this.#committed;
    telemetry.committed(group.records.length, ms);
    committed(group);
    for (const append of appends) append.resolve(Math.min(append.offset, this.#committed));
  }

  #recover(): void {
    if (this.#problem !== undefined) this.#deps.telemetry.commitRecovered();
    this.#problem = undefined;
  }

  #count(records: number, bytes: number): void {
    this.#pending = { records: this.#pending.records + records, bytes: this.#pending.bytes + bytes };
    this.#deps.telemetry.logPending(this.#pending.records);
  }
}

/** JSON, or null to delete. */
export function toText(value: unknown): string | null {
  return value === null ? null : (JSON.stringify(value) ?? null);
}
