import type { Clock } from '../../spec/runtime/clock.ts';
import type { PolicyFiles } from './files.ts';
import { PolicyError } from './port.ts';

/** A file that changed so short a time ago may change again without looking different. */
const UNSETTLED_MS = 2_000;

type Files = Pick<PolicyFiles, 'fingerprint' | 'read'>;

export interface FileWatchEvents {
  /** The files say something else than at the last time that they were sound. */
  onChange(): void;
  onSound(): void;
  onFault(fault: PolicyError): void;
}

/** Whether files of layers have changed, and can be used. It looks when it is told to. */
export class FileWatch {
  /** What is wrong with the files, as of the last look. */
  problem: PolicyError | undefined;
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #events: FileWatchEvents;
  /** Of files that needn't be read again. */
  #seen: string | undefined;
  #digest: string | undefined;
  #look: Promise<void> | undefined;

  constructor(files: Files, clock: Clock, events: FileWatchEvents) {
    this.#files = files;
    this.#clock = clock;
    this.#events = events;
  }

  /** One look at a time: who asks meanwhile waits for the one under way. Rejects only with what nobody expects. */
  look(): Promise<void> {
    this.#look ??= this.#lookOnce().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  /** Rooms were given what was read between looks. Unless the last one saw the same, the next tells a change anyway. */
  served(digest: string): void {
    if (digest === this.#digest) return;
    this.#digest = undefined;
    this.#seen = undefined;
  }

  async #lookOnce(): Promise<void> {
    try {
      const { text, changedAt } = await this.#files.fingerprint();
      if (text === this.#seen) return;
      this.#seen = undefined;
      const { digest } = await this.#files.read();
      // Somebody is writing: what was read may be half of it. The next look will see.
      if ((await this.#files.fingerprint()).text !== text) return;
      if (changedAt < this.#clock.now() - UNSETTLED_MS) this.#seen = text;
      this.#isSound(digest);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      this.problem = error;
      this.#events.onFault(error);
    }
  }

  #isSound(digest: string): void {
    const isNews = digest !== this.#digest;
    this.#digest = digest;
    this.problem = undefined;
    this.#events.onSound();
    if (isNews) this.#events.onChange();
  }
}
