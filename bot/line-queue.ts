export interface Line {
  /** Of the event. */
  readonly id: string;
  readonly topic: string;
  /** May be dropped before anything authoritative is. */
  readonly telemetry: boolean;
  /** Without the line break. */
  readonly text: string;
  /** In UTF-8, the line break included. */
  readonly bytes: number;
}

export interface Drop {
  readonly topic: string;
  readonly reason: string;
  readonly count: number;
}

export interface QueueLimits {
  readonly lines: number;
  readonly bytes: number;
}

/** Whole lines for one write. */
export interface Chunk {
  readonly text: string;
  readonly lines: readonly Line[];
  readonly bytes: number;
}

interface Slot {
  line: Line | undefined;
}

/**
 * Lines on their way out, bounded in number and bytes, lines taken but not yet written included.
 * Over half full it sheds telemetry, the oldest first; only at the bound does it refuse what is authoritative.
 * Every line that goes missing is counted.
 */
export class LineQueue {
  dropped = 0;
  readonly #limits: QueueLimits;
  #slots: Slot[] = [];
  #telemetry: Slot[] = [];
  #emptied = 0;
  #lines = 0;
  #bytes = 0;
  #drops = new Map<string, { topic: string; reason: string; count: number }>();

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** 0 to 1: how near the bound is. */
  get fill(): number {
    return Math.min(1, Math.max(this.#lines / this.#limits.lines, this.#bytes / this.#limits.bytes));
  }

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get hasDrops(): boolean {
    return this.#drops.size > 0;
  }

  push(line: Line): void {
    const { lines, bytes } = this.#limits;
    const full = () => this.#lines + 1 > lines || this.#bytes + line.bytes > bytes;
    while (full() && this.#shed());
    if (full()) {
      this.drop(line.topic, 'queue_full');
      return;
    }
    const slot: Slot = { line };
    this.#slots.push(slot);
    if (line.telemetry) this.#telemetry.push(slot);
    this.#lines++;
    this.#bytes += line.bytes;
    while (this.fill > 0.5 && this.#shed());
  }

  /** Takes whole lines for one write, oldest first: at least one if there is any, else no more than `maxBytes`. */
  take(maxBytes: number): Chunk {
    const texts: string[] = [];
    const lines: Line[] = [];
    let bytes = 0;
    let passed = 0;
    for (const slot of this.#slots) {
      const { line } = slot;
      if (line !== undefined) {
        if (texts.length > 0 && bytes + line.bytes > maxBytes) break;
        texts.push(line.text, '\n');
        lines.push(line);
        bytes += line.bytes;
        slot.line = undefined;
      }
      passed++;
    }
    this.#emptied -= passed - lines.length;
    this.#slots.splice(0, passed);
    const kept = this.#telemetry.findIndex((slot) => slot.line !== undefined);
    this.#telemetry.splice(0, kept < 0 ? this.#telemetry.length : kept);
    return { text: texts.join(''), lines, bytes };
  }

  /** What was taken has left the process: its place is free again. */
  release(chunk: Chunk): void {
    this.#lines -= chunk.lines.length;
    this.#bytes -= chunk.bytes;
  }

  /** What nobody has taken yet, oldest first. */
  waiting(): Line[] {
    return this.#slots.flatMap(({ line }) => line ?? []);
  }

  drop(topic: string, reason: string): void {
    this.dropped++;
    const key = `${topic} ${reason}`;
    const known = this.#drops.get(key);
    if (known === undefined) this.#drops.set(key, { topic, reason, count: 1 });
    else known.count++;
  }

  /** What has been dropped since the last call, by topic and reason. */
  takeDrops(): Drop[] {
    const drops = [...this.#drops.values()];
    this.#drops = new Map();
    return drops;
  }

  /** Drops the oldest telemetry; false when there is none. */
  #shed(): boolean {
    const slot = this.#telemetry.shift();
    if (slot?.line === undefined) return false;
    this.drop(slot.line.topic, 'telemetry_shed');
    this.#lines--;
    this.#bytes -= slot.line.bytes;
    slot.line = undefined;
    this.#emptied++;
    // Empty slots must not pile up while nobody reads.
    if (this.#emptied > 64 && this.#emptied > this.#slots.length / 2) {
      this.#slots = this.#slots.filter((other) => other.line !== undefined);
      this.#emptied = 0;
    }
    return true;
  }
}
