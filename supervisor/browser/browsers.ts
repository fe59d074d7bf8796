import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Launch } from '../child/port.ts';
import { BrowserError, type Browsers } from './api.ts';
import { HostProcess } from './host-process.ts';
import { type BrowsersOptions, hostEnvironment, hostSettings } from './host-settings.ts';
import { outlast } from './leavers.ts';

export interface BrowsersDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly launch: Launch;
  /** Of this process: PATH, and how the network is reached. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the pages' consoles complain about: it may hold what people said. */
  onStderr(line: string): void;
}

/** How long those of an earlier start may take to leave. */
const LEAVE_MS = 10_000;
const BACKOFF_MS = { base: 500, max: 15_000 };
/** A host that has lived so long starts from the first delay again. */
const SOUND_MS = 60_000;

/** Nothing is started before `ready` is called, and a host that dies while it has pages is started anew. */
export function openBrowsers(options: BrowsersOptions, deps: BrowsersDeps): Browsers {
  return new HostedBrowsers(options, deps);
}

class HostedBrowsers implements Browsers {
  readonly socket: string;
  readonly #options: BrowsersOptions;
  readonly #deps: BrowsersDeps;
  readonly #stop = new AbortController();
  /** Of earlier starts nothing is there any more. */
  readonly #cleared: Promise<void>;
  #host: HostProcess | undefined;
  #ready: Promise<void> | undefined;
  /** What is to be done when a host has ended. */
  #after: Promise<void> = Promise.resolve();
  #failures = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: BrowsersOptions, deps: BrowsersDeps) {
    this.#options = options;
    this.#deps = deps;
    this.socket = join(options.folder, 'pages');
    this.#cleared = this.#clear();
    this.#cleared.catch(() => undefined);
  }

  ready(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.reject(stopped());
    this.#ready ??= this.#begin(0);
    return this.#ready;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  #begin(delay: number): Promise<void> {
    const starting = this.#start(delay).catch((error: unknown) => {
      // Asked for again, it is tried again.
      if (this.#ready === starting) this.#ready = undefined;
      throw error;
    });
    starting.catch(() => undefined);
    return starting;
  }

  async #start(delay: number): Promise<void> {
    const { clock, telemetry, launch, env, onStderr } = this.#deps;
    await this.#cleared.catch((error: Error) => {
      throw new BrowserError(`${this.#options.folder}: expected a folder to write to: ${error.message}`);
    });
    await this.#after;
    await sleep(clock, delay, this.#stop.signal);
    const settings = await hostSettings(this.#options, this.socket, env);
    // Any of these took its time.
    const { folder } = settings;
    if (this.#stop.signal.aborted) {
      await rm(folder, { recursive: true });
      throw stopped();
    }
    const where = { cwd: this.#options.folder, env: hostEnvironment(folder, env) };
    const host = new HostProcess(settings, { launch, clock, telemetry, ...where, onStderr });
    const began = clock.monotonic();
    const mine = this.#ready;
    this.#host = host;
    void host.exited.then(() => {
      // Somebody may have asked for the next one already.
      if (this.#ready === mine) this.#ready = undefined;
      this.#gone(host, folder, clock.monotonic() - began);
    });
    await host.ready;
  }

  /** Rooms that had pages will connect again. */
  #gone(host: HostProcess, folder: string, livedMs: number): void {
    this.#host = undefined;
    this.#after = this.#remove(folder).catch((error: Error) => this.#deps.telemetry.browserProblem(error.message));
    if (host.pages === 0 || this.#stop.signal.aborted || this.#ready !== undefined) return;
    if (livedMs >= SOUND_MS) this.#failures = 0;
    const ceiling = Math.min(BACKOFF_MS.max, BACKOFF_MS.base * 2 ** this.#failures);
    this.#failures++;
    const delay = Math.round(ceiling * (0.5 + 0.5 * this.#deps.random()));
    this.#deps.telemetry.browserHostRestarting(delay);
    this.#ready = this.#begin(delay);
    this.#ready.catch((error: Error) => this.#deps.telemetry.browserProblem(error.message));
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await this.#host?.stop();
    await this.#ready?.catch(() => undefined);
    await this.#after;
    await this.#cleared.catch(() => undefined);
    await rm(this.socket, { force: true });
  }

  async #clear(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) await this.#remove(join(folder, name));
  }

  /** When nobody writes there any more. */
  async #remove(path: string): Promise<void> {
    await outlast(path, LEAVE_MS, this.#deps.clock);
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

function stopped(): BrowserError {
  return new BrowserError('the browsers have been ended: this supervisor is stopping');
}
