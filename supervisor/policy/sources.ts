import type { NamedLayer } from '../../spec/compose.ts';
import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import { isAddress } from '../base/addresses.ts';
import type { Publish } from '../base/publish.ts';
import { addressOf, type PolicyEnv, type PolicySource } from './addresses.ts';
import { FileWatch } from './file-watch.ts';
import { PolicyFiles } from './files.ts';
import { layersAbout, type SourcedLayer } from './order.ts';
import type { Policies, PolicySubject } from './port.ts';
import { type PolicyTelemetry, Refusals } from './refusals.ts';
import type { Fetch } from './remote-answer.ts';
import type { Keep } from './remote-kept.ts';
import { RemoteSource } from './remote-source.ts';
import { pause } from './schedule.ts';

/** Durations in milliseconds. */
export interface PolicyOptions {
  /** Files, folders and addresses. */
  readonly layers: readonly PolicySource[];
  readonly reload: number;
  readonly remote: { readonly refresh: number; readonly timeout: number; readonly maxAge: number };
  /** Has the tokens. */
  readonly env: PolicyEnv;
  readonly clock: Clock;
  readonly telemetry: PolicyTelemetry;
  readonly keep: Keep;
  readonly publish: Publish;
  readonly fetch?: Fetch;
  /** 0 to 1. */
  readonly random: () => number;
}

export interface PolicySources extends Policies {
  /** Takes up what was kept, looks at the files, and begins to ask; answers are waited for by `layersFor`. Once. */
  start(): Promise<void>;
  /** Looks at everything now; resolves when that is done. Doesn't reject: faults are told. */
  look(): Promise<void>;
  /** Idempotent, also before the start. */
  stop(): Promise<void>;
}

/** Throws a PolicyError when a source can't be asked at all: no address, or its token isn't there. */
export function openPolicies(options: PolicyOptions): PolicySources {
  return new Sources(options);
}

class Sources implements PolicySources {
  readonly #options: PolicyOptions;
  readonly #files: PolicyFiles;
  readonly #watch: FileWatch;
  readonly #remotes: readonly RemoteSource[];
  readonly #listeners: (() => void)[] = [];
  readonly #stopping = new AbortController();
  #loops: readonly Promise<void>[] = [];
  /** Nothing is news before the start. */
  #isStarted = false;
  /** Something has changed that can't be told while something else is wrong. */
  #isOwed = false;

  constructor(options: PolicyOptions) {
    this.#options = options;
    const { clock, keep, telemetry, remote, env } = options;
    const refusals = new Refusals(telemetry, options.publish);
    const changed = (source: string) => {
      if (this.#isStarted) telemetry.policyReloaded(source);
      this.#isOwed = this.#isStarted;
    };
    const addresses = options.layers.map((layer) => addressOf(layer, env));
    this.#files = new PolicyFiles(
      options.layers.filter((layer) => typeof layer === 'string' && !isAddress(layer)) as string[],
    );
    this.#watch = new FileWatch(this.#files, clock, {
      onChange: () => changed('files'),
      onSound: () => refusals.sound('files', 'files'),
      onFault: ({ source, reason }) => refusals.refused('files', source, reason),
    });
    const unique = new Map(addresses.flatMap((address) => (address ? [[address.url.href, address]] : [])));
    this.#remotes = [...unique.values()].map(({ url, token }) => {
      const source: RemoteSource = new RemoteSource(
        { url, token, timeout: remote.timeout, maxAge: remote.maxAge },
        {
          clock,
          keep,
          fetch: options.fetch ?? fetch,
          events: {
            onChange: () => changed(source.name),
            onSound: () => refusals.sound(url.href, source.name),
            onFault: (reason) => refusals.refused(url.href, source.name, reason),
            onNotKept: (reason) => telemetry.policyNotKept(source.name, reason),
            onError: (error) => telemetry.internalError('policy source', error),
          },
        },
      );
      return source;
    });
  }

  async start(): Promise<void> {
    const { clock, reload, remote, random, telemetry } = this.#options;
    telemetry.policyAges(() => this.#remotes.map(({ name, age }) => ({ source: name, ms: age })));
    await Promise.all([this.#lookAtFiles(), ...this.#remotes.map((source) => source.restore())]);
    this.#isStarted = true;
    const { signal } = this.#stopping;
    const files = async () => {
      for (;;) {
        await sleep(clock, reload, signal);
        if (signal.aborted) return;
        await this.#lookAtFiles();
      }
    };
    const address = async (source: RemoteSource) => {
      while (!signal.aborted) {
        await this.#ask(source);
        await sleep(clock, pause(remote.refresh, source.failures, random()), signal);
      }
    };
    this.#loops = [files(), ...this.#remotes.map(address)];
  }

  async look(): Promise<void> {
    await Promise.all([this.#lookAtFiles(), ...this.#remotes.map((source) => this.#ask(source))]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#remotes.map((source) => source.stop()));
    await Promise.all(this.#loops);
  }

  async layersFor(subject: PolicySubject): Promise<NamedLayer[]> {
    const [files, ...remotes] = await Promise.all([
      this.#files.read(),
      ...this.#remotes.map(async (remote): Promise<SourcedLayer[]> => {
        const layers = await remote.layers();
        return layers.map((layer) => ({ from: 'remote', source: remote.name, layer }));
      }),
    ]);
    this.#watch.served(files.digest);
    return layersAbout(subject, [...files.layers, ...remotes.flat()]);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get problem(): string | undefined {
    const problems = [this.#watch.problem?.message, ...this.#remotes.map(({ problem }) => problem)];
    return problems.find((problem) => problem !== undefined);
  }

  async #lookAtFiles(): Promise<void> {
    try {
      await this.#watch.look();
    } catch (error) {
      this.#options.telemetry.internalError('policy files', error);
    }
    this.#tellChange();
  }

  async #ask(source: RemoteSource): Promise<void> {
    await source.refresh();
    this.#tellChange();
  }

  #tellChange(): void {
    if (!this.#isOwed || this.problem !== undefined || this.#stopping.signal.aborted) return;
    this.#isOwed = false;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#options.telemetry.internalError('policy listener', error);
      }
    }
  }
}
