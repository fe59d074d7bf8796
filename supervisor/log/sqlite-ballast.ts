import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const CHUNK = 2 ** 20;
/** Made again only when so much more than itself is free: else the group that was too large would use it up again. */
const HEADROOM = 1.5;

/**
 * A file that holds space back. On a full disk it is emptied, so that small things can still be written. Empty it
 * says, to the next start too, that the disk was full; a file that isn't there says that there never was room for it.
 */
export class Ballast {
  readonly #folder: string;
  readonly #file: string;
  readonly #size: number;
  #held = 0;
  #spent = false;

  /** Makes it, or as much of it as an earlier one was, when there is room; `size` 0 removes it. */
  constructor(folder: string, size: number) {
    this.#folder = folder;
    this.#file = join(folder, 'ballast');
    this.#size = size;
    rmSync(this.#unfinished, { force: true });
    if (size === 0) rmSync(this.#file, { force: true });
    const found = statSync(this.#file, { throwIfNoEntry: false })?.size;
    if (found !== undefined && found > size) this.#cut(size);
    this.#held = Math.min(found ?? 0, size);
    this.#spent = found === 0;
    this.restore();
  }

  /** Bytes that freeing it would give. */
  get held(): number {
    return this.#held;
  }

  /** Freed and not made again. */
  get spent(): boolean {
    return this.#spent;
  }

  /** Bytes that have to be free before it can be made. */
  get needed(): number {
    return this.#size * HEADROOM;
  }

  /** Bytes that are free on its disk. */
  free(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  /** Gives its space to others; false when it has none. */
  spend(): boolean {
    if (this.#held === 0) return false;
    this.#cut(0);
    this.#held = 0;
    this.#spent = true;
    return true;
  }

  /** Makes it whole where it isn't; false when there is no room for that. */
  restore(): boolean {
    if (this.#held === this.#size) return true;
    try {
      if (this.free() < this.needed) return false;
      this.#write();
    } catch {
      // A quota, for example, doesn't show in what is free.
      rmSync(this.#unfinished, { force: true });
      return false;
    }
    this.#held = this.#size;
    this.#spent = false;
    return true;
  }

  get #unfinished(): string {
    return `${this.#file}.new`;
  }

  /** Random bytes: some file systems keep no space for zeros. */
  #write(): void {
    const fd = openSync(this.#unfinished, 'w', 0o600);
    try {
      const chunk = Buffer.allocUnsafe(CHUNK);
      for (let left = this.#size; left > 0; ) left -= writeSync(fd, randomFillSync(chunk), 0, Math.min(left, CHUNK));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(this.#unfinished, this.#file);
  }

  #cut(size: number): void {
    const fd = openSync(this.#file, 'r+');
    try {
      ftruncateSync(fd, size);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
