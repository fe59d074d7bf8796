import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { ask, type Fetch, NoAnswer } from './answer.ts';
import type { Assistants, FoundAssistant } from './api.ts';
import { type Endpoint, type EndpointsConfig, endpointsOf } from './endpoints.ts';
import { KeptRecords } from './kept.ts';
import { checkRecord } from './record.ts';

export { AssistantsError } from './endpoints.ts';

/** Durations in milliseconds. */
export interface AssistantsConfig extends EndpointsConfig {
  /** For all who are asked together. */
  readonly timeout: number;
  readonly refresh: number;
  readonly maxAge: number;
}

export interface AssistantsDeps {
  /** Has the tokens. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'assistantAsked' | 'internalError'>;
  readonly fetch?: Fetch;
}

export interface OpenAssistants extends Assistants {
  /** Gives up what is under way. Idempotent. */
  stop(): void;
}

/** Of records, and of questions under way. */
const MAX_KEPT = 1_000;

/**
 * Where assistants are looked up: GraphQL first, REST when that gives no answer that can be used. That there is no such
 * assistant is an answer, and so is a record that is none: then nobody else is asked. Undefined when neither is
 * configured. Throws an AssistantsError when one can't be asked at all.
 */
export function createAssistants(config: AssistantsConfig, deps: AssistantsDeps): OpenAssistants | undefined {
  const endpoints = endpointsOf(config, deps.env);
  return endpoints.length === 0 ? undefined : new Lookup(endpoints, config, deps);
}

class Lookup implements OpenAssistants {
  readonly #endpoints: readonly Endpoint[];
  readonly #config: AssistantsConfig;
  readonly #deps: AssistantsDeps;
  readonly #kept: KeptRecords;
  readonly #asking = new Map<string, Promise<FoundAssistant>>();
  readonly #stopping = new AbortController();

  constructor(endpoints: readonly Endpoint[], config: AssistantsConfig, deps: AssistantsDeps) {
    this.#endpoints = endpoints;
    this.#config = config;
    this.#deps = deps;
    this.#kept = new KeptRecords(MAX_KEPT, deps.clock);
  }

  find(assistantId: string): Promise<FoundAssistant> {
    // At the age of `refresh` it is asked for again.
    const record = this.#kept.get(assistantId, this.#config.refresh - 1);
    if (record !== undefined) return Promise.resolve({ ok: true, record });
    const before = this.#asking.get(assistantId);
    if (before !== undefined) return before;
    if (this.#asking.size >= MAX_KEPT) {
      const detail = `expected at most ${MAX_KEPT} assistants to be looked up at once`;
      return Promise.resolve({ ok: false, detail, retryable: true });
    }
    const found = this.#find(assistantId).finally(() => this.#asking.delete(assistantId));
    this.#asking.set(assistantId, found);
    return found;
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #find(assistantId: string): Promise<FoundAssistant> {
    const { telemetry } = this.#deps;
    const outcome = await this.#askAll(assistantId);
    if (outcome.ok) {
      this.#kept.set(assistantId, outcome.record);
      telemetry.assistantAsked('found');
      return outcome;
    }
    if (!outcome.retryable) {
      this.#kept.delete(assistantId);
      telemetry.assistantAsked('refused', outcome.detail);
      return outcome;
    }
    const record = this.#kept.get(assistantId, this.#config.maxAge);
    telemetry.assistantAsked(record === undefined ? 'unanswered' : 'kept', outcome.detail);
    return record === undefined ? outcome : { ok: true, record };
  }

  /** One after another, within one time: each has its share of what is left. */
  async #askAll(assistantId: string): Promise<FoundAssistant> {
    const { clock } = this.#deps;
    const begun = clock.monotonic();
    const faults: string[] = [];
    for (const [i, endpoint] of this.#endpoints.entries()) {
      const left = this.#config.timeout - (clock.monotonic() - begun);
      const timeout = Math.max(1, Math.floor(left / (this.#endpoints.length - i)));
      try {
        return await this.#askOne(endpoint, assistantId, timeout);
      } catch (error) {
        if (!(error instanceof NoAnswer)) this.#deps.telemetry.internalError('assistants', error);
        faults.push(`${endpoint.name}: ${error instanceof NoAnswer ? error.message : 'unexpected error'}`);
      }
    }
    return { ok: false, detail: `nobody says what that assistant is: ${faults.join('; ')}`, retryable: true };
  }

  /** Rejects with a NoAnswer. */
  async #askOne(endpoint: Endpoint, assistantId: string, timeout: number): Promise<FoundAssistant> {
    const { fetch: ownFetch = fetch, clock } = this.#deps;
    const refused = (what: string): FoundAssistant => ({
      ok: false,
      detail: `${what} (${endpoint.name})`,
      retryable: false,
    });
    // In an address dots would lead elsewhere, and half a character can't be in one.
    if (/^\.{1,2}$/.test(assistantId) || !assistantId.isWellFormed()) return refused('that is no id of an assistant');
    const { signal } = this.#stopping;
    const answer = await ask(endpoint.question(assistantId, timeout), { fetch: ownFetch, clock, signal });
    const value = endpoint.recordIn(answer);
    if (value === undefined) return refused('there is no such assistant');
    const checked = checkRecord(assistantId, value);
    return checked.ok ? checked : refused(`the record of that assistant can't be used: ${checked.problem}`);
  }
}
