import type { Envelope } from '../spec/envelope.ts';
import { registry } from '../spec/generated/registry.ts';
import { MAX_LINE_BYTES } from '../spec/limits.ts';
import type { Clock } from '../spec/runtime/clock.ts';
import { type Chunk, type Drop, type Line, LineQueue, type QueueLimits } from './line-queue.ts';
import type { Unacknowledged } from './unacknowledged.ts';

/** The part of a writable stream that is used. */
export interface Output {
  write(chunk: string | Uint8Array, written: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface StdoutOptions {
  readonly clock: Clock;
  /** Default 20,000 lines and 8 MiB. */
  readonly limits?: QueueLimits;
  /** Keeps authoritative lines until they are acknowledged; without it they are done with when they have left. */
  readonly kept?: Unacknowledged | undefined;
  /** Publishes events.dropped, which comes back to `write`; only called when there is room for it. */
  readonly onDrops: (drop: Drop) => void;
  /** The first event since the last report had to be dropped. */
  readonly onShedding: () => void;
  /** The reader has gone: nothing written from now on can arrive. */
  readonly onGone: () => void;
}

/** One write hands over as many bytes, unless a single line is longer. */
const CHUNK = 64 * 1024;

/**
 * The only writer to standard output. A pipe's stream queues without bound, so the lines wait in a queue of our own
 * and the stream gets one chunk at a time, the next when that has left. Writing never blocks and never throws.
 */
export class Stdout {
  readonly #out: Output;
  readonly #options: StdoutOptions;
  readonly #queue: LineQueue;
  /** On its way. */
  #writing: Chunk | undefined;
  #gone = false;
  #scheduled = false;
  #shedding = false;
  #idle: (() => void)[] = [];

  constructor(out: Output, options: StdoutOptions) {
    this.#out = out;
    this.#options = options;
    this.#queue = new LineQueue(options.limits ?? { lines: 20_000, bytes: 8 * 1024 * 1024 });
    // Without a listener a reader that has gone would crash the bot.
    out.on('error', () => this.giveUp());
    options.kept?.whenRoom(() => this.#pump());
  }

  /** 0 to 1. */
  get fill(): number {
    return this.#queue.fill;
  }

  /** Events dropped since the start. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  write(envelope: Envelope): void {
    const { id, topic } = envelope;
    const telemetry = registry[topic].class === 'telemetry';
    if (this.#gone && (telemetry || !this.#options.kept)) {
      this.#queue.drop(topic, 'reader_gone');
      return;
    }
    const text = JSON.stringify(envelope);
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > MAX_LINE_BYTES) {
      this.#queue.drop(topic, 'line_too_long');
    } else {
      this.#queue.push({ id, topic, telemetry, text, bytes });
    }
    if (this.#queue.hasDrops && !this.#shedding && !this.#gone) {
      this.#shedding = true;
      this.#options.onShedding();
    }
    this.#schedule();
  }

  /** Reports what was dropped and waits until everything has left, at most `ms`. */
  async flush(ms: number): Promise<void> {
    this.#pump();
    if (!this.#settled) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#idle.push(resolve);
      const timer = this.#options.clock.after(ms, resolve);
      await promise;
      timer.cancel();
    }
  }

  /** What may not have arrived: the lines that are kept for later, oldest first, and how many others are lost. */
  left(): { kept: Line[]; lost: number } {
    // They stand among the lines that are kept.
    this.#reportDrops();
    const { kept } = this.#options;
    const waiting = this.#queue.waiting();
    const left = [...(this.#writing?.lines ?? []), ...waiting];
    if (kept === undefined) return { kept: [], lost: left.length };
    const authoritative = waiting.filter((line) => !line.telemetry);
    return { kept: [...kept.lines, ...authoritative], lost: left.filter((line) => line.telemetry).length };
  }

  /** Nothing written from now on can arrive. Idempotent. */
  giveUp(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#options.kept?.expectNoMore();
    for (const resolve of this.#idle.splice(0)) resolve();
    this.#options.onGone();
  }

  get #settled(): boolean {
    return this.#gone || (this.#writing === undefined && this.#queue.lines === 0);
  }

  /** Lines published in the same turn of the event loop leave together. */
  #schedule(): void {
    if (this.#scheduled || this.#writing !== undefined) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#writing !== undefined || this.#gone) return;
    this.#reportDrops();
    if (this.#options.kept?.blocked) return;
    const chunk = this.#queue.take(CHUNK);
    if (chunk.lines.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#writing = chunk;
    this.#options.kept?.add(chunk.lines);
    this.#out.write(chunk.text, (error) => this.#written(chunk, error));
  }

  #written(chunk: Chunk, error: Error | null | undefined): void {
    this.#writing = undefined;
    this.#queue.release(chunk);
    if (error) {
      for (const { topic, telemetry } of chunk.lines) {
        if (telemetry || !this.#options.kept) this.#queue.drop(topic, 'reader_gone');
      }
      this.giveUp();
    } else {
      this.#pump();
    }
  }

  #reportDrops(): void {
    // Under half there is room for a report a topic and reason.
    if (!this.#queue.hasDrops || this.#queue.fill > 0.5) return;
    this.#shedding = false;
    for (const drop of this.#queue.takeDrops()) this.#options.onDrops(drop);
  }
}
