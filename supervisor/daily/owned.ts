import { z } from 'zod';

/** Where a document outlives the process. */
export interface Keep {
  /** Undefined when there is none. */
  load(key: string): Promise<unknown>;
  save(key: string, value: unknown): Promise<void>;
}

const KEY = 'daily.rooms';
/** More than there can be rooms with a meeting. */
const MAX_ROOMS = 2_000;

const kept = z.record(z.string(), z.number());

/** The rooms that meetings have started, by when each was: one of the same id that began at another time is somebody else's. */
export class Owned {
  readonly #keep: Keep;
  readonly #onProblem: (reason: string) => void;
  readonly #startedAt: Map<string, number>;
  #saving: Promise<void> | undefined;
  #isDue = false;

  private constructor(keep: Keep, onProblem: (reason: string) => void, startedAt: Map<string, number>) {
    this.#keep = keep;
    this.#onProblem = onProblem;
    this.#startedAt = startedAt;
  }

  /** As an earlier supervisor left it. What can't be read is told, and counts as nothing. */
  static async load(keep: Keep, onProblem: (reason: string) => void): Promise<Owned> {
    try {
      return new Owned(keep, onProblem, new Map(Object.entries(kept.parse((await keep.load(KEY)) ?? {}))));
    } catch (error) {
      onProblem(`what was kept can't be used (${(error as Error).name})`);
      return new Owned(keep, onProblem, new Map());
    }
  }

  has(room: string, startedAt: number): boolean {
    return this.#startedAt.get(room) === startedAt;
  }

  add(room: string, startedAt: number): void {
    if (this.has(room, startedAt)) return;
    this.#startedAt.delete(room);
    this.#startedAt.set(room, startedAt);
    for (const oldest of this.#startedAt.keys()) {
      if (this.#startedAt.size <= MAX_ROOMS) break;
      this.#startedAt.delete(oldest);
    }
    this.#save();
  }

  delete(room: string): void {
    if (this.#startedAt.delete(room)) this.#save();
  }

  /** Resolves when the last change is on disk, or can't be. */
  async settled(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
  }

  /** Nobody waits for it: a full disk keeps no bot from its meeting. */
  #save(): void {
    this.#isDue = true;
    this.#saving ??= this.#saveDue().finally(() => {
      this.#saving = undefined;
    });
  }

  async #saveDue(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false;
      try {
        await this.#keep.save(KEY, Object.fromEntries(this.#startedAt));
      } catch (error) {
        this.#onProblem(`can't be kept (${(error as Error).name})`);
      }
    }
  }
}
