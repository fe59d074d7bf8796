import type { Clock } from '../../spec/runtime/clock.ts';

/** Each holds a thread of the pool that all file work shares, which has four. */
const LIMIT = 2;
const PATIENCE_MS = 1_000;

/**
 * Reads that may have to wait for the process they are about, for ever when it hangs in the kernel: so many at a time,
 * none waited for longer than a second, and none begun for what is still being read.
 */
export class PatientReads {
  readonly #clock: Clock;
  readonly #underWay = new Set<string>();
  #stuck = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with undefined when it takes too long, and when it fails. */
  async read<T>(key: string, work: () => Promise<T>): Promise<T | undefined> {
    while (this.#underWay.size >= LIMIT && this.#stuck < LIMIT && !this.#underWay.has(key)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#stuck >= LIMIT || this.#underWay.has(key)) return undefined;
    this.#underWay.add(key);
    let late = false;
    return new Promise((resolve) => {
      const patience = this.#clock.after(PATIENCE_MS, () => {
        late = true;
        if (++this.#stuck === LIMIT) this.#wake(this.#waiting.length);
        resolve(undefined);
      });
      const finish = (result?: T) => {
        patience.cancel();
        this.#underWay.delete(key);
        if (late) this.#stuck--;
        this.#wake(1);
        resolve(result);
      };
      work().then(finish, () => finish());
    });
  }

  #wake(count: number): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve();
  }
}
