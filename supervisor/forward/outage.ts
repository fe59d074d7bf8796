import type { Clock, Timer } from '../../spec/runtime/clock.ts';

/** Tells, once an outage, that nothing gets through any more, and once that something does again. */
export class Outage {
  /** Why nothing gets through, once that has been announced. */
  announced: string | undefined;
  readonly #afterMs: number;
  readonly #clock: Clock;
  readonly #deferred: (reason: string) => void;
  readonly #recovered: (durationMs: number) => void;
  #since: number | undefined;
  #reason = '';
  #timer: Timer | undefined;

  constructor(
    afterMs: number,
    clock: Clock,
    on: { readonly deferred: (reason: string) => void; readonly recovered: (durationMs: number) => void },
  ) {
    this.#afterMs = afterMs;
    this.#clock = clock;
    this.#deferred = on.deferred;
    this.#recovered = on.recovered;
  }

  failed(reason: string): void {
    this.#reason = reason;
    if (this.announced !== undefined) this.announced = reason;
    if (this.#since !== undefined) return;
    this.#since = this.#clock.monotonic();
    this.#timer = this.#clock.after(this.#afterMs, () => {
      this.announced = this.#reason;
      this.#deferred(this.#reason);
    });
  }

  succeeded(): void {
    if (this.#since === undefined) return;
    const durationMs = Math.round(this.#clock.monotonic() - this.#since);
    this.close();
    if (this.announced === undefined) return;
    this.announced = undefined;
    this.#recovered(durationMs);
  }

  close(): void {
    this.#timer?.cancel();
    this.#since = undefined;
  }
}
