interface Interval {
  readonly start: number;
  end: number;
}

/** Who is in the room and who spoke when, in milliseconds of room time, as far back as the window reaches. */
export class Spoken {
  readonly #window: number;
  readonly #present = new Map<string, { name: string | undefined }>();
  readonly #bots = new Set<string>();
  /** Finished speech by participant, oldest first. */
  readonly #finished = new Map<string, Interval[]>();
  readonly #open = new Map<string, number>();

  constructor(windowMs: number) {
    this.#window = windowMs;
  }

  joined(participantId: string, isBot: boolean, name?: string): void {
    if (isBot) this.#bots.add(participantId);
    else this.#present.set(participantId, { name });
  }

  left(participantId: string, at: number): void {
    this.#stop(participantId, at);
    this.#present.delete(participantId);
    this.#bots.delete(participantId);
  }

  /** Everybody who is speaking from `at` on. */
  speaking(participantIds: readonly string[], at: number): void {
    for (const participantId of [...this.#open.keys()]) {
      if (!participantIds.includes(participantId)) this.#stop(participantId, at);
    }
    for (const participantId of participantIds) {
      if (this.#bots.has(participantId) || this.#open.has(participantId)) continue;
      // Who speaks is there, whatever the connector has said.
      if (!this.#present.has(participantId)) this.joined(participantId, false);
      this.#open.set(participantId, at);
    }
  }

  nameOf(participantId: string): string {
    return this.#present.get(participantId)?.name ?? participantId;
  }

  /**
   * Milliseconds of speech in the window that ends at `at`: of everybody present, and of who has left but spoke in it.
   * Unfinished speech counts up to `at`.
   */
  within(at: number): Map<string, number> {
    const from = Math.max(0, at - this.#window);
    const spoken = new Map<string, number>();
    for (const participantId of this.#present.keys()) spoken.set(participantId, 0);
    const add = (participantId: string, { start, end }: Interval) => {
      const ms = Math.min(end, at) - Math.max(start, from);
      if (ms > 0) spoken.set(participantId, (spoken.get(participantId) ?? 0) + ms);
    };
    for (const [participantId, intervals] of this.#finished) {
      this.#forget(participantId, intervals, from);
      for (const interval of intervals) add(participantId, interval);
    }
    for (const [participantId, start] of this.#open) add(participantId, { start, end: at });
    return spoken;
  }

  #stop(participantId: string, at: number): void {
    const start = this.#open.get(participantId);
    if (start === undefined) return;
    this.#open.delete(participantId);
    const intervals = this.#finished.get(participantId) ?? [];
    this.#finished.set(participantId, intervals);
    intervals.push({ start, end: at });
  }

  #forget(participantId: string, intervals: Interval[], from: number): void {
    const kept = intervals.findIndex((interval) => interval.end > from);
    intervals.splice(0, kept < 0 ? intervals.length : kept);
    if (intervals.length === 0) this.#finished.delete(participantId);
  }
}
