import type { Clock } from '../../../spec/runtime/clock.ts';
import { nameMatcher } from '../../../spec/runtime/match.ts';
import { isMissing, type Kept, type Matches, matcherOf } from './matching.ts';
import type { Filter, FromWorker, Row } from './protocol.ts';

/** The newest so many events stay; while the list is paused, twice as many. They go by the thousand. */
export const CAPACITY = 20_000;
const BATCH = 1_000;
/** The same for their text: a few thousand events of a room may be very long. */
export const MAX_CHARS = 64_000_000;
/** When there is more text than that, so much more of it goes. */
const BATCH_CHARS = MAX_CHARS / 16;
/** A changed filter goes over so many characters before something else has its turn. */
const SLICE_CHARS = 2_000_000;
/** So many of the newest lines are told without being asked for. */
const TAIL = 60;

/** What the page is told of the list, as far as it is known here. */
export type View = Omit<Extract<FromWorker, { type: 'timeline' }>, 'type' | 'caughtUp' | 'rate'>;

/** The newest events of what is watched, and which of them fit the filter. */
export class Store {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #changed: () => void;
  /** Events have numbers from 0 on; the first that is kept has the number `#base`. */
  #events: Kept[] = [];
  #base = 0;
  /** Characters of JSON. */
  #chars = 0;
  /** Numbers of the events that fit the filter. The first of them is the list's line `#firstLine`. */
  #lines: number[] = [];
  #firstLine = 0;
  /** Events below that number have been held against the filter. */
  #swept = 0;
  #sweeping = false;
  #matches: Matches = () => true;
  #version = 0;
  #missing = false;
  /** The number of the first event that came since the list was paused. */
  #pausedAt: number | undefined;

  /** `changed`: called when a sweep has found more. */
  constructor(clock: Clock, changed: () => void, capacity: number = CAPACITY) {
    this.#clock = clock;
    this.#changed = changed;
    this.#capacity = capacity;
  }

  get #end(): number {
    return this.#base + this.#events.length;
  }

  add(event: Kept): void {
    const number = this.#end;
    this.#events.push(event);
    this.#chars += event.json.length;
    if (isMissing(event)) this.#missing = true;
    if (this.#swept === number) {
      this.#swept++;
      if (this.#matches(event)) this.#lines.push(number);
    }
    const most = this.#pausedAt === undefined ? this.#capacity : 2 * this.#capacity;
    if (this.#events.length >= most + BATCH) this.#trim(this.#events.length - most);
    if (this.#chars > MAX_CHARS) this.#trim(this.#oldest(this.#chars - MAX_CHARS + BATCH_CHARS));
  }

  /** Forgets all events; the filter stays. */
  reset(): void {
    this.#events = [];
    this.#base = 0;
    this.#chars = 0;
    this.#missing = false;
    if (this.#pausedAt !== undefined) this.#pausedAt = 0;
    this.#begin();
  }

  filter(filter: Filter): void {
    this.#matches = matcherOf(filter);
    this.#begin();
    this.#sweep();
  }

  pause(paused: boolean): void {
    if (paused === (this.#pausedAt !== undefined)) return;
    this.#pausedAt = paused ? this.#end : undefined;
    if (!paused && this.#events.length > this.#capacity) this.#trim(this.#events.length - this.#capacity);
  }

  view(): View {
    const count = this.#pausedAt === undefined ? this.#lines.length : lowerBound(this.#lines, this.#pausedAt);
    const tail = Math.max(0, count - TAIL);
    return {
      version: this.#version,
      first: this.#firstLine,
      count,
      tail: { from: this.#firstLine + tail, rows: this.#rows(tail, count) },
      kept: this.#events.length,
      waiting: this.#lines.length - count,
      missing: this.#missing,
      trimmed: this.#base > 0,
    };
  }

  /** Lines by their numbers; those that have gone are left out. */
  rows(from: number, count: number): { from: number; rows: Row[] } {
    const begin = Math.max(0, from - this.#firstLine);
    return { from: this.#firstLine + begin, rows: this.#rows(begin, Math.max(begin, from + count - this.#firstLine)) };
  }

  /** The newest first. */
  newest(pattern: string, count: number): Row[] {
    const fits = nameMatcher(pattern);
    const found: Row[] = [];
    for (let i = this.#events.length - 1; i >= 0 && found.length < count; i--) {
      const row = this.#events[i]?.row;
      if (row !== undefined && fits(row.topic)) found.push(row);
    }
    return found;
  }

  json(position: string): string | undefined {
    return this.#events.findLast(({ row }) => row.position === position)?.json;
  }

  find(id: string): { position: string } | null {
    const event = this.#events.findLast((candidate) => candidate.id === id);
    return event === undefined ? null : { position: event.row.position };
  }

  #rows(begin: number, end: number): Row[] {
    return this.#lines.slice(begin, end).flatMap((number) => this.#events[number - this.#base]?.row ?? []);
  }

  #begin(): void {
    this.#lines = [];
    this.#firstLine = 0;
    this.#swept = this.#base;
    this.#version++;
  }

  /** In slices: the worker hears the page in between, and events go on coming. */
  #sweep(): void {
    const end = this.#end;
    for (let chars = 0; this.#swept < end && chars < SLICE_CHARS; this.#swept++) {
      const event = this.#events[this.#swept - this.#base];
      if (event === undefined) continue;
      chars += event.json.length;
      if (this.#matches(event)) this.#lines.push(this.#swept);
    }
    if (this.#swept < end && !this.#sweeping) {
      this.#sweeping = true;
      this.#clock.after(0, () => {
        this.#sweeping = false;
        this.#sweep();
      });
    }
    this.#changed();
  }

  /** How many of the oldest have so much text together; the newest is none of them. */
  #oldest(wanted: number): number {
    let count = 0;
    for (let chars = 0; chars < wanted && count < this.#events.length - 1; count++) {
      chars += this.#events[count]?.json.length ?? 0;
    }
    return count;
  }

  /** The oldest so many go. */
  #trim(gone: number): void {
    for (const { json } of this.#events.splice(0, gone)) this.#chars -= json.length;
    this.#base += gone;
    this.#swept = Math.max(this.#swept, this.#base);
    const lines = lowerBound(this.#lines, this.#base);
    this.#lines.splice(0, lines);
    this.#firstLine += lines;
  }
}

/** How many of the numbers, in order, are less than `limit`. */
function lowerBound(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
