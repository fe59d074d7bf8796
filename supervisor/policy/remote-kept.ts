import { z } from 'zod';
import { sha256 } from '../../spec/version.ts';
import { floorSchema } from './remote-version.ts';

/** Where documents outlive the process. */
export interface Keep {
  /** undefined when there is none. */
  load(key: string): Promise<unknown>;
  save(key: string, value: unknown): Promise<void>;
}

const keptSchema = z.object({
  body: z.string(),
  validators: z.object({ etag: z.string().optional(), lastModified: z.string().optional() }),
  floor: floorSchema,
  /** When an answer last said that this is the version. Milliseconds since 1970. */
  checkedAt: z.number(),
});
export type Kept = z.infer<typeof keptSchema>;

const checkedSchema = z.object({ checkedAt: z.number() });

/** The last good version of an address, and apart from it, for it changes often, when that was checked last. */
export class RemoteKept {
  readonly #key: string;
  readonly #keep: Keep;
  readonly #onProblem: (reason: string) => void;
  /** What is still to be saved; of each document only the newest. */
  readonly #due = new Map<string, unknown>();
  #saving = false;

  constructor(url: URL, keep: Keep, onProblem: (reason: string) => void) {
    this.#key = `policy.remote.${sha256(url.href).slice(7, 39)}`;
    this.#keep = keep;
    this.#onProblem = onProblem;
  }

  async load(): Promise<Kept | undefined> {
    try {
      const [version, checked] = [await this.#keep.load(this.#key), await this.#keep.load(`${this.#key}.checked`)];
      if (version === undefined || version === null) return undefined;
      const kept = keptSchema.parse(version);
      const last = checkedSchema.safeParse(checked);
      return { ...kept, checkedAt: last.success ? last.data.checkedAt : kept.checkedAt };
    } catch (error) {
      this.#onProblem(`what was kept can't be used (${(error as Error).name})`);
      return undefined;
    }
  }

  version(kept: Kept): void {
    this.#save(this.#key, kept);
  }

  checked(checkedAt: number): void {
    this.#save(`${this.#key}.checked`, { checkedAt });
  }

  /** Doesn't wait: a disk that is full mustn't keep a new policy from its rooms. */
  #save(key: string, value: unknown): void {
    this.#due.set(key, value);
    if (this.#saving) return;
    this.#saving = true;
    void this.#saveDue().finally(() => {
      this.#saving = false;
    });
  }

  async #saveDue(): Promise<void> {
    for (let [next] = this.#due; next !== undefined; [next] = this.#due) {
      const [key, value] = next;
      this.#due.delete(key);
      try {
        await this.#keep.save(key, value);
      } catch (error) {
        this.#onProblem(`can't be kept (${(error as Error).name})`);
      }
    }
  }
}
