import { randomBytes } from 'node:crypto';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Group } from './append-queue.ts';
import { Committer } from './committer.ts';
import { LogClosedError } from './errors.ts';
import type { DocumentRange, Documents, Entry, Log, LogRecord, Page, ReadQuery, Retention } from './port.ts';
import { isTelemetry } from './telemetry-topics.ts';
import { Waiters } from './waiters.ts';

/** A log that lasts as long as its process: for tests, and for trying things out. Its memory has no bound but trim. */
export function createMemoryLog(deps: { readonly clock: Clock; readonly telemetry: Telemetry }): Log {
  return new MemoryLog(deps);
}

class MemoryLog implements Log {
  readonly epoch = randomBytes(9).toString('base64url');
  readonly problem = undefined;
  readonly #telemetry: Telemetry;
  readonly #committer: Committer;
  readonly #waiters = new Waiters(0);
  readonly #documents = new Map<string, string>();
  /** Per room, the highest offset that retention removed. */
  readonly #trimmed = new Map<string, number>();
  #records: LogRecord[] = [];
  #last = 0;
  #closing: Promise<void> | undefined;

  constructor(deps: { readonly clock: Clock; readonly telemetry: Telemetry }) {
    this.#telemetry = deps.telemetry;
    this.#committer = new Committer({
      ...deps,
      last: 0,
      commit: () => Promise.resolve(),
      committed: (group) => this.#committed(group),
    });
  }

  get last(): number {
    return this.#last;
  }

  get pending(): { readonly records: number; readonly bytes: number } {
    return this.#committer.pending;
  }

  append(entries: readonly Entry[], documents?: Documents): Promise<number> {
    return this.#committer.append(entries, documents);
  }

  async read({ after, limit, roomId, topic }: ReadQuery): Promise<Page> {
    this.#assertOpen();
    const examined: LogRecord[] = [];
    let next = Math.max(after, this.#last);
    for (let i = this.#indexAfter(after); i < this.#records.length; i++) {
      const record = this.#records[i];
      if (record === undefined || (roomId !== undefined && record.roomId !== roomId)) continue;
      examined.push(record);
      if (examined.length >= limit) {
        next = record.offset;
        break;
      }
    }
    const gap = roomId === undefined ? next - after > examined.length : (this.#trimmed.get(roomId) ?? 0) > after;
    return { records: topic === undefined ? examined : examined.filter((record) => topic(record.topic)), next, gap };
  }

  changed(after: number, signal: AbortSignal): Promise<void> {
    return this.#waiters.changed(after, signal);
  }

  async newest(roomId: string): Promise<LogRecord | undefined> {
    this.#assertOpen();
    return this.#records.findLast((record) => record.roomId === roomId);
  }

  async offsetBefore(time: number): Promise<number> {
    this.#assertOpen();
    const found = this.#records.find((record) => record.receivedAt >= time);
    return found === undefined ? this.#last : found.offset - 1;
  }

  async first(): Promise<number> {
    this.#assertOpen();
    return this.#records[0]?.offset ?? this.#last + 1;
  }

  async document(key: string): Promise<unknown> {
    this.#assertOpen();
    const text = this.#documents.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async documents(prefix: string, { after, limit }: DocumentRange = {}): Promise<Map<string, unknown>> {
    this.#assertOpen();
    const found = [...this.#documents]
      .filter(([key]) => key.startsWith(prefix) && (after === undefined || inUtf8(key, after) > 0))
      .sort(([a], [b]) => inUtf8(a, b))
      .slice(0, limit);
    return new Map(found.map(([key, text]) => [key, JSON.parse(text)]));
  }

  async trim(retention: Retention): Promise<number> {
    this.#assertOpen();
    const { maxEventsPerRoom, before, passed, maxBytes = Number.POSITIVE_INFINITY } = retention;
    const { maxTelemetryPerRoom = Number.POSITIVE_INFINITY } = retention;
    const size = this.#records.reduce((sum, { json }) => sum + json.length, 0);
    const kept = { authoritative: new Map<string, number>(), telemetry: new Map<string, number>() };
    let telemetryGone = 0;
    let room = size > maxBytes ? maxBytes * 0.9 : Number.POSITIVE_INFINITY;
    const stays = (record: LogRecord): boolean => {
      const telemetry = isTelemetry(record.topic);
      const [ofClass, cap] = telemetry ? [kept.telemetry, maxTelemetryPerRoom] : [kept.authoritative, maxEventsPerRoom];
      const newer = ofClass.get(record.roomId) ?? 0;
      if (record.receivedAt >= before && (newer < cap || record.offset > passed)) {
        room -= record.json.length;
        ofClass.set(record.roomId, newer + 1);
        if (room >= 0) return true;
      }
      if (telemetry) telemetryGone += 1;
      const trimmed = this.#trimmed.get(record.roomId) ?? 0;
      this.#trimmed.set(record.roomId, Math.max(trimmed, record.offset));
      return false;
    };
    const count = this.#records.length;
    this.#records = this.#records.toReversed().filter(stays).toReversed();
    if (telemetryGone > 0) this.#telemetry.telemetryExpired(telemetryGone);
    return count - this.#records.length;
  }

  close(): Promise<void> {
    this.#closing ??= this.#committer.close().then(() => this.#waiters.release());
    return this.#closing;
  }

  #committed({ records, documents }: Group): void {
    for (const [key, text] of documents) {
      if (text === null) this.#documents.delete(key);
      else this.#documents.set(key, text);
    }
    for (const record of records) this.#records.push(record);
    this.#last = records.at(-1)?.offset ?? this.#last;
    this.#waiters.grown(this.#last);
  }

  /** Index of the first record beyond the offset. */
  #indexAfter(offset: number): number {
    let [low, high] = [0, this.#records.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle]?.offset ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new LogClosedError('the log is closed');
  }
}

/** SQLite's order of keys. */
function inUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
