import type { Output } from './stdout.ts';

/** As much as any pipe holds: nobody can be kept waiting by it. */
const PIPE_BYTES = 4_096;

/**
 * Standard output that isn't opened until it has to be, which takes a bot 4 ms: what it says first goes straight into
 * the pipe, which is empty when a process starts. Whatever doesn't fit there takes the usual way.
 */
export class FirstOutput implements Output {
  readonly #writeNow: (bytes: Uint8Array) => number;
  readonly #open: () => Output;
  readonly #listeners: ((error: Error) => void)[] = [];
  #left = PIPE_BYTES;
  #stream: Output | undefined;

  /**
   * `writeNow` writes to the descriptor, answers with how many bytes it has taken, and may throw; `open` makes the stream
   * for the same descriptor, and is called once at most.
   */
  constructor(writeNow: (bytes: Uint8Array) => number, open: () => Output) {
    this.#writeNow = writeNow;
    this.#open = open;
  }

  write(chunk: string | Uint8Array, written: (error?: Error | null) => void): void {
    const rest = this.#stream === undefined ? this.#first(chunk) : chunk;
    if (rest === '') queueMicrotask(written);
    else this.#opened().write(rest, written);
  }

  on(_event: 'error', listener: (error: Error) => void): void {
    if (this.#stream === undefined) this.#listeners.push(listener);
    else this.#stream.on('error', listener);
  }

  /** What is left to write. */
  #first(chunk: string | Uint8Array): string | Uint8Array {
    const bytes = Buffer.from(chunk);
    if (bytes.length > this.#left) return chunk;
    try {
      const count = this.#writeNow(bytes);
      this.#left -= count;
      return count === bytes.length ? '' : bytes.subarray(count);
    } catch {
      // The stream finds the same, and tells.
      return chunk;
    }
  }

  #opened(): Output {
    if (this.#stream === undefined) {
      this.#stream = this.#open();
      for (const listener of this.#listeners.splice(0)) this.#stream.on('error', listener);
    }
    return this.#stream;
  }
}
