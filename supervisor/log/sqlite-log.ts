import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Group } from './append-queue.ts';
import { Committer } from './committer.ts';
import { LogClosedError } from './errors.ts';
import type { DocumentRange, Documents, Entry, Log, LogRecord, Page, ReadQuery, Retention } from './port.ts';
import { Recent, type RecentLimits } from './recent.ts';
import { SqliteChannel } from './sqlite-channel.ts';
import { toRecords, toRequest } from './sqlite-columns.ts';
import type { Opened } from './sqlite-protocol.ts';
import { Waiters } from './waiters.ts';

export interface SqliteLogDeps {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The log has broken for good: every append and read rejects from now on. At most once. */
  readonly onFatal?: (error: Error) => void;
  /** Upper bound of the database, in pages of 8 KiB; commits fail beyond it until retention makes room. */
  readonly maxPages?: number;
  /** Bytes of disk to hold back beside the database, for documents on a full disk; absent or 0: none. */
  readonly ballast?: number;
  /** How much of the newest is kept in memory for readers that have caught up. */
  readonly recent?: RecentLimits;
}

const RECENT: RecentLimits = { records: 8_192, bytes: 8 * 2 ** 20 };

/**
 * Opens the log in `file` (made with mode 0600 when it is new), in a folder that exists, and owns it until close or
 * the end of the process. Rejects with LogOpenError when another process owns it, when it is no log of roomd's or a
 * newer one's, or when it can't be read.
 */
export async function openSqliteLog(file: string, deps: SqliteLogDeps): Promise<Log> {
  let log: SqliteLog | undefined;
  const ballast = deps.ballast ?? 0;
  const onBallast = (held: number) => deps.telemetry.ballastChanged(held, ballast);
  const options = { file, maxPages: deps.maxPages, ballast };
  const channel = new SqliteChannel(options, { onFatal: (error) => log?.die(error), onBallast });
  let opened: Opened;
  try {
    opened = await channel.opened();
  } catch (error) {
    await channel.close();
    throw error;
  }
  if (ballast > 0) onBallast(opened.ballast);
  log = new SqliteLog(channel, opened, deps);
  return log;
}

class SqliteLog implements Log {
  readonly epoch: string;
  readonly #deps: SqliteLogDeps;
  readonly #channel: SqliteChannel;
  readonly #committer: Committer;
  readonly #recent: Recent;
  readonly #waiters: Waiters;
  #last: number;
  #displaced: string | undefined;
  #lane: Promise<unknown> = Promise.resolve();
  #trimming: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(channel: SqliteChannel, { epoch, last }: Opened, deps: SqliteLogDeps) {
    this.epoch = epoch;
    this.#deps = deps;
    this.#channel = channel;
    this.#last = last;
    this.#recent = new Recent(last, deps.recent ?? RECENT);
    this.#waiters = new Waiters(last);
    this.#committer = new Committer({
      ...deps,
      last,
      commit: (group) => channel.call('commit', toRequest(group)),
      committed: (group) => this.#committed(group),
    });
  }

  get last(): number {
    return this.#last;
  }

  get pending(): { readonly records: number; readonly bytes: number } {
    return this.#committer.pending;
  }

  get problem(): string | undefined {
    return this.#committer.problem ?? this.#displaced;
  }

  append(entries: readonly Entry[], documents?: Documents): Promise<number> {
    return this.#committer.append(entries, documents);
  }

  async read(query: ReadQuery): Promise<Page> {
    const page = this.#closing === undefined ? this.#recent.read(query) : undefined;
    if (page !== undefined) return page;
    const { after, limit, roomId } = query;
    const reply = await this.#background(() => this.#channel.call('read', { after, limit, roomId }));
    const records = toRecords(reply);
    const { topic } = query;
    return {
      records: topic === undefined ? records : records.filter((record) => topic(record.topic)),
      next: reply.next,
      gap: reply.gap,
    };
  }

  changed(after: number, signal: AbortSignal): Promise<void> {
    return this.#waiters.changed(after, signal);
  }

  async newest(roomId: string): Promise<LogRecord | undefined> {
    return toRecords(await this.#background(() => this.#channel.call('newest', roomId)))[0];
  }

  offsetBefore(time: number): Promise<number> {
    return this.#background(() => this.#channel.call('offsetBefore', time));
  }

  first(): Promise<number> {
    return this.#background(() => this.#channel.call('first', null));
  }

  async document(key: string): Promise<unknown> {
    const [found] = await this.#background(() => this.#channel.call('documents', { key }));
    return found === undefined ? undefined : JSON.parse(found[1]);
  }

  async documents(prefix: string, range: DocumentRange = {}): Promise<Map<string, unknown>> {
    const found = await this.#background(() => this.#channel.call('documents', { prefix, ...range }));
    return new Map(found.map(([key, text]) => [key, JSON.parse(text)]));
  }

  trim(retention: Retention): Promise<number> {
    const result = this.#trimming.then(() => this.#look()).then(() => this.#trim(retention));
    this.#trimming = result.catch(() => undefined);
    return result;
  }

  /** The database goes on in files that have lost their names, and nothing else would tell. */
  async #look(): Promise<void> {
    if (this.#closing !== undefined) return;
    const displaced = (await this.#background(() => this.#channel.call('displaced', null))) ?? undefined;
    if ((displaced === undefined) !== (this.#displaced === undefined)) this.#deps.telemetry.logMoved(displaced);
    this.#displaced = displaced;
  }

  async #trim(retention: Retention): Promise<number> {
    let count = 0;
    let request: Retention | undefined = retention;
    for (let done = false; !done && this.#closing === undefined; request = undefined) {
      const step: Retention | undefined = request;
      const reply = await this.#background(() => this.#channel.call('trim', step)).catch((error: unknown) => {
        // What is gone is gone, and has to be counted; the failure comes back with the next trim.
        if (count === 0) throw error;
        return { offsets: [], telemetry: 0, done: true };
      });
      this.#recent.forget(reply.offsets);
      count += reply.offsets.length;
      if (reply.telemetry > 0) this.#deps.telemetry.telemetryExpired(reply.telemetry);
      done = reply.done;
    }
    return count;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#committer.close();
    await this.#lane;
    this.#waiters.release();
    await this.#channel.close();
  }

  die(error: Error): void {
    this.#committer.fail(error);
    this.#waiters.release();
    this.#deps.onFatal?.(error);
  }

  #committed({ records }: Group): void {
    this.#recent.add(records);
    const newest = records.at(-1);
    if (newest === undefined) return;
    this.#last = newest.offset;
    this.#waiters.grown(newest.offset);
  }

  /** One at a time: however many readers wait, a commit waits for one of them at most. */
  #background<T>(job: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new LogClosedError('the log is closed'));
    const result = this.#lane.then(job);
    this.#lane = result.catch(() => undefined);
    return result;
  }
}
