import type { PolicyLayer } from '../../spec/policy.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import { Age } from './age.ts';
import { parseLayers } from './document.ts';
import { PolicyError } from './port.ts';
import { ask, type Fetch, type Validators } from './remote-answer.ts';
import { type Keep, RemoteKept } from './remote-kept.ts';
import { assertNothingLost, type Floor, NO_FLOOR, raiseFloor } from './remote-version.ts';

export interface RemoteConfig {
  readonly url: URL;
  readonly token: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxAge: number;
}

export interface RemoteEvents {
  /** Another version is in force. */
  onChange(): void;
  onSound(): void;
  onFault(reason: string): void;
  onNotKept(reason: string): void;
  onError(error: unknown): void;
}

interface Good {
  readonly body: string;
  readonly validators: Validators;
  readonly layers: readonly PolicyLayer[];
}

/** Layers at an address: the last good version of them, as long as it isn't too old. It asks when it is told to. */
export class RemoteSource {
  /** Origin and path: a query may be a secret. */
  readonly name: string;
  /** How often in a row no good answer came. */
  failures = 0;
  readonly #config: RemoteConfig;
  readonly #clock: Clock;
  readonly #fetch: Fetch;
  readonly #events: RemoteEvents;
  readonly #kept: RemoteKept;
  readonly #age: Age;
  readonly #stopping = new AbortController();
  #good: Good | undefined;
  #floor: Floor = NO_FLOOR;
  #fault = 'it was not asked yet';
  #asking: Promise<void> | undefined;
  #expiry: Timer | undefined;

  constructor(config: RemoteConfig, deps: { clock: Clock; fetch: Fetch; keep: Keep; events: RemoteEvents }) {
    this.name = config.url.origin + config.url.pathname;
    this.#config = config;
    this.#clock = deps.clock;
    this.#fetch = deps.fetch;
    this.#events = deps.events;
    this.#kept = new RemoteKept(config.url, deps.keep, deps.events.onNotKept);
    this.#age = new Age(deps.clock);
  }

  /** Takes up the version that an earlier run kept, with its age. */
  async restore(): Promise<void> {
    const kept = await this.#kept.load();
    if (kept === undefined) return;
    this.#floor = kept.floor;
    const { body, validators, checkedAt } = kept;
    try {
      this.#good = { body, validators, layers: parseLayers(body) };
    } catch (error) {
      this.#events.onNotKept((error as Error).message);
      return;
    }
    this.#age.restore(checkedAt);
    this.#watchAge();
  }

  /** Asks the address now, once for everybody who wants it. Doesn't reject: a fault is told, and changes nothing. */
  refresh(): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** The last good version; waits for an answer under way when there is none. Rejects with a PolicyError. */
  async layers(): Promise<readonly PolicyLayer[]> {
    if (this.problem !== undefined) await this.#asking;
    const { problem } = this;
    if (this.#good === undefined || problem !== undefined) {
      throw new PolicyError(problem ?? this.#fault, { source: this.name });
    }
    return this.#good.layers;
  }

  /** Why it can't be used. */
  get problem(): string | undefined {
    if (this.#good === undefined) return `policy source ${this.name} gave no version yet: ${this.#fault}`;
    if (this.#age.ms <= this.#config.maxAge) return undefined;
    return `policy source ${this.name} gave no answer within maxAge (${this.#config.maxAge} ms): ${this.#fault}`;
  }

  /** Milliseconds since the last good answer; undefined: there was none. */
  get age(): number | undefined {
    return this.#good && this.#age.ms;
  }

  /** Idempotent; an answer under way is given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#expiry?.cancel();
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const { url, token, timeout } = this.#config;
    const { signal } = this.#stopping;
    try {
      const question = { url, token, timeout, have: this.#good?.validators };
      const answer = await ask(question, { fetch: this.#fetch, clock: this.#clock, signal });
      if (signal.aborted) return;
      const isNews = answer.kind === 'version' && this.#take(answer);
      this.#checked();
      if (isNews) this.#events.onChange();
    } catch (error) {
      if (signal.aborted) return;
      this.failures++;
      this.#fault = error instanceof PolicyError ? error.reason : 'unexpected error';
      this.#events.onFault(this.#fault);
      if (!(error instanceof PolicyError)) this.#events.onError(error);
    }
  }

  /** Whether it says something else than the one in force. Throws a PolicyError when it mustn't be. */
  #take({ body, validators }: { body: string; validators: Validators }): boolean {
    const isSame = body === this.#good?.body;
    const layers = isSame && this.#good ? this.#good.layers : parseLayers(body);
    assertNothingLost(this.#good?.layers ?? [], layers);
    // The same text isn't an older version, whichever of several servers says since when it has it.
    if (!isSame) this.#floor = raiseFloor(this.#floor, { layers, validators }, this.#clock.now());
    const { etag, lastModified } = this.#good?.validators ?? {};
    const isKnown = isSame && validators.etag === etag && validators.lastModified === lastModified;
    this.#good = { body, validators, layers };
    if (!isKnown) this.#kept.version({ body, validators, floor: this.#floor, checkedAt: this.#clock.now() });
    return !isSame;
  }

  #checked(): void {
    this.failures = 0;
    this.#fault = 'it was not asked since';
    this.#age.checked();
    this.#kept.checked(this.#clock.now());
    this.#watchAge();
    this.#events.onSound();
  }

  /** That rooms are refused from now on is told when it begins. */
  #watchAge(): void {
    this.#expiry?.cancel();
    const left = Math.max(0, this.#config.maxAge - this.#age.ms);
    this.#expiry = this.#clock.after(left + 1, () => {
      if (this.problem !== undefined) this.#events.onFault(this.problem);
    });
  }
}
