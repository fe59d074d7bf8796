import { Followed, type FollowedState, followedState } from './followed.ts';

/** Where documents outlive the process. */
export interface Keep {
  /** All whose keys begin so, by key. */
  load(prefix: string): Promise<ReadonlyMap<string, unknown>>;
  /** By key; null: it goes. */
  save(documents: Readonly<Record<string, unknown>>): Promise<void>;
}

const PREFIX = 'daily.room/';

/** What is known of rooms and their meetings, a document a room. Nobody waits for it: a full disk keeps no bot away. */
export class Kept {
  readonly #keep: Keep;
  readonly #onProblem: (reason: string) => void;
  /** What isn't on disk yet. */
  #changed: Record<string, FollowedState | null> = {};
  #saving: Promise<void> | undefined;

  constructor(keep: Keep, onProblem: (reason: string) => void) {
    this.#keep = keep;
    this.#onProblem = onProblem;
  }

  /** As an earlier supervisor left it, by room; those of which something was told last come last. What can't be read is told. */
  async load(): Promise<Map<string, Followed>> {
    const found: [room: string, state: FollowedState][] = [];
    try {
      for (const [key, value] of await this.#keep.load(PREFIX)) {
        const parsed = followedState.safeParse(value);
        if (parsed.success) found.push([key.slice(PREFIX.length), parsed.data]);
        else this.#onProblem(`what was kept can't be used (${parsed.error.name})`);
      }
    } catch (error) {
      this.#onProblem(`what was kept can't be used (${(error as Error).name})`);
    }
    const at = ({ meeting: { began, endedAt } }: FollowedState) => Math.max(began?.at ?? 0, endedAt ?? 0);
    found.sort(([, a], [, b]) => at(a) - at(b));
    return new Map(found.map(([room, state]) => [room, new Followed(state)]));
  }

  /** `state` undefined: it is forgotten. */
  set(room: string, state: FollowedState | undefined): void {
    this.#changed[PREFIX + room] = state ?? null;
    this.#saving ??= this.#save();
  }

  /** Resolves when the last change is on disk, or can't be. */
  async settled(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
  }

  async #save(): Promise<void> {
    for (let changed = this.#changed; Object.keys(changed).length > 0; changed = this.#changed) {
      this.#changed = {};
      try {
        await this.#keep.save(changed);
      } catch (error) {
        this.#onProblem(`can't be kept (${(error as Error).name})`);
      }
    }
    // In the same breath as the look at what is changed.
    this.#saving = undefined;
  }
}
