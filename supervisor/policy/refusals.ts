import type { Publish } from '../base/publish.ts';
import type { Telemetry } from '../base/telemetry.ts';

export type PolicyTelemetry = Pick<
  Telemetry,
  'policyRefused' | 'policySound' | 'policyReloaded' | 'policyNotKept' | 'policyAges' | 'internalError'
>;

const MAX_SOURCE = 256;
const MAX_REASON = 1_024;
/** Of one source; beyond it they are told again. */
const MAX_TOLD = 16;

/** Tells every fault of a source once, however often it is met, until the source is sound again. */
export class Refusals {
  readonly #told = new Map<string, Set<string>>();
  readonly #telemetry: PolicyTelemetry;
  readonly #publish: Publish;

  constructor(telemetry: PolicyTelemetry, publish: Publish) {
    this.#telemetry = telemetry;
    this.#publish = publish;
  }

  /** `key` names the source for us, `source` for people. */
  refused(key: string, source: string, reason: string): void {
    const told = this.#told.get(key) ?? new Set();
    this.#told.set(key, told);
    if (told.has(reason)) return;
    if (told.size >= MAX_TOLD) told.clear();
    told.add(reason);
    const fault = { source: source.slice(0, MAX_SOURCE) || 'policy', reason: reason.slice(0, MAX_REASON) };
    this.#telemetry.policyRefused(fault.source, fault.reason);
    this.#publish('supervisor.policy.refused', fault);
  }

  sound(key: string, source: string): void {
    if (this.#told.delete(key)) this.#telemetry.policySound(source);
  }
}
