import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';

export interface LoopOptions {
  /** For the log, when a step fails. */
  readonly name: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ready: () => boolean;
  /** Only when ready. May reject: another one follows a second later. */
  readonly step: (signal: AbortSignal) => Promise<void>;
}

const RETRY_MS = 1_000;

/** Does one step after another while it is ready, and otherwise waits until somebody says that it may be. */
export class Loop {
  readonly #options: LoopOptions;
  readonly #abort = new AbortController();
  #wake = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** It may be ready again. */
  resume(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { name, clock, telemetry, ready, step } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      if (!ready()) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      try {
        await step(signal);
      } catch (error) {
        telemetry.internalError(name, error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }
}
