import { createWriteStream, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

const TAIL_LINES = 50;
const MAX_FILE_BYTES = 1_048_576;

/** Where a room's stderr goes, run after run. */
export function stderrFile(data: string, roomId: string): string {
  return join(data, 'stderr', `${roomId}.log`);
}

/** A run's stderr: a file that only its owner reads, bounded, and the last lines for the exit event. */
export class StderrLog {
  readonly tail: string[] = [];
  readonly #path: string;
  readonly #header: string;
  #file: WriteStream | undefined;
  #left = 0;
  #ended = false;

  /** The file is opened with the first line: most runs have nothing to say. */
  constructor(path: string, header: string) {
    this.#path = path;
    this.#header = header;
  }

  add(line: string): void {
    this.tail.push(line);
    if (this.tail.length > TAIL_LINES) this.tail.shift();
    this.#write(line);
  }

  end(): Promise<void> {
    this.#ended = true;
    return new Promise((resolve) => {
      if (this.#file === undefined || this.#file.closed || this.#file.destroyed) return resolve();
      this.#file.once('close', resolve);
      this.#file.end();
    });
  }

  #open(): WriteStream {
    const used = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    // Earlier runs make room for this one when little is left.
    const fresh = used > MAX_FILE_BYTES / 2;
    this.#left = MAX_FILE_BYTES - (fresh ? 0 : used);
    const file = createWriteStream(this.#path, { flags: fresh ? 'w' : 'a', mode: 0o600 });
    // The tail still goes into the exit event; a full disk shows elsewhere.
    file.on('error', () => {});
    this.#file = file;
    this.#write(this.#header);
    return file;
  }

  #write(line: string): void {
    if (this.#ended) return;
    const file = this.#file ?? this.#open();
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#left <= 0) return;
    this.#left -= bytes;
    file.write(this.#left > 0 ? `${line}\n` : '(the rest of this run is left out)\n');
  }
}
