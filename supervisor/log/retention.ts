import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log } from './port.ts';

export interface RetentionConfig {
  readonly maxEventsPerRoom: number;
  readonly maxTelemetryPerRoom?: number | undefined;
  /** Milliseconds. */
  readonly maxAge: number;
  /** Bytes; absent: no bound. */
  readonly maxSize?: number | undefined;
}

const INTERVAL_MS = 10_000;

/** Trims the log from time to time; never beyond what `passed` says the forwarder is done with, but for age and size. */
export class RetentionLoop {
  readonly #log: Log;
  readonly #config: RetentionConfig;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #passed: () => number;
  readonly #afterTrim: () => Promise<void>;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    log: Log,
    config: RetentionConfig,
    deps: { clock: Clock; telemetry: Telemetry; passed: () => number; afterTrim: () => Promise<void> },
  ) {
    this.#log = log;
    this.#config = config;
    this.#clock = deps.clock;
    this.#telemetry = deps.telemetry;
    this.#passed = deps.passed;
    this.#afterTrim = deps.afterTrim;
  }

  start(): void {
    this.#timer = this.#clock.after(INTERVAL_MS, () => {
      this.#running = this.#trim().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #trim(): Promise<void> {
    try {
      const { maxAge, maxSize, ...caps } = this.#config;
      const before = this.#clock.now() - maxAge;
      const count = await this.#log.trim({ ...caps, before, passed: this.#passed(), maxBytes: maxSize });
      if (count === 0) return;
      this.#telemetry.eventsExpired(count);
      await this.#afterTrim();
    } catch (error) {
      this.#telemetry.internalError('retention', error);
    }
  }
}
