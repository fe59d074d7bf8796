import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { LogClosedError } from './errors.ts';
import type { Documents, Entry, LogRecord } from './port.ts';

/** What commits in one transaction. A document without text is deleted. */
export interface Group {
  readonly records: readonly LogRecord[];
  readonly documents: readonly (readonly [key: string, text: string | null])[];
}

export interface CommitterDeps {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Offset of the newest record there is. */
  readonly last: number;
  /** Makes the group durable, all or nothing. */
  readonly commit: (group: Group) => Promise<unknown>;
  /** The group is durable; called before its appends resolve. */
  readonly committed: (group: Group) => void;
}

interface Append extends Group {
  readonly bytes: number;
  readonly offset: number;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: Error) => void;
}

const GROUP_RECORDS = 5_000;
const GROUP_BYTES = 4 * 2 ** 20;
const BACKOFF_BASE_MS = 50;
const BACKOFF_MAX_MS = 5_000;

/**
 * Turns appends into group commits, one in flight: while it is, the next group gathers.
 * A group that fails is tried again, for ever and in place, so that order holds and nothing is lost.
 */
export class Committer {
  readonly #deps: CommitterDeps;
  readonly #closing = new AbortController();
  #queue: Append[] = [];
  #running: Promise<void> | undefined;
  #refusal: Error | undefined;
  #offset: number;
  #pending = { records: 0, bytes: 0 };
  #problem: string | undefined;

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
    this.#offset = deps.last;
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
    this.#queue.push({ records, documents: texts, bytes, offset, resolve, reject });
    this.#count(records.length, bytes);
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
    const queue = this.#queue;
    this.#queue = [];
    for (const append of queue) append.reject(this.#refusal);
    this.#count(-this.#pending.records, -this.#pending.bytes);
  }

  async #run(): Promise<void> {
    for (let taken = this.#take(); taken > 0; taken = this.#take()) {
      if (!(await this.#commit(this.#queue.slice(0, taken)))) break;
    }
    this.#running = undefined;
  }

  /** How many appends go into the next group. They stay queued until they are durable. */
  #take(): number {
    let records = 0;
    let bytes = 0;
    const beyond = this.#queue.findIndex((append, index) => {
      records += append.records.length;
      bytes += append.bytes;
      return index > 0 && (records > GROUP_RECORDS || bytes > GROUP_BYTES);
    });
    return beyond === -1 ? this.#queue.length : beyond;
  }

  async #commit(appends: readonly Append[]): Promise<boolean> {
    const { clock, telemetry } = this.#deps;
    const group = {
      records: appends.length === 1 && appends[0] ? appends[0].records : appends.flatMap((append) => append.records),
      documents: appends.flatMap((append) => append.documents),
    };
    for (let failures = 0; ; failures++) {
      const lastTry = this.#closing.signal.aborted;
      const began = clock.monotonic();
      const error = await this.#deps.commit(group).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      if (this.#refusal !== undefined) return false;
      if (error === undefined) {
        this.#settle(appends, group, clock.monotonic() - began);
        return true;
      }
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#problem === undefined) telemetry.commitFailed(reason);
      this.#problem = reason;
      if (lastTry) {
        this.fail(new LogClosedError(`the log was closed while its disk refused commits: ${reason}`));
        return false;
      }
      await sleep(clock, Math.min(BACKOFF_BASE_MS * 2 ** failures, BACKOFF_MAX_MS), this.#closing.signal);
      if (this.#refusal !== undefined) return false;
    }
  }

  #settle(appends: readonly Append[], group: Group, ms: number): void {
    const { telemetry, committed } = this.#deps;
    this.#queue.splice(0, appends.length);
    this.#count(-group.records.length, -appends.reduce((sum, append) => sum + append.bytes, 0));
    if (this.#problem !== undefined) telemetry.commitRecovered();
    this.#problem = undefined;
    telemetry.committed(group.records.length, ms);
    committed(group);
    for (const append of appends) append.resolve(append.offset);
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
