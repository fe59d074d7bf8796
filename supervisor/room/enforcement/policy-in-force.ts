import type { NamedLayer } from '../../../spec/compose.ts';
import type { Constraints } from '../../../spec/policy.ts';
import { canonicalJson } from '../../../spec/version.ts';
import { type ComposedSnapshot, composeSnapshot } from '../../policy/snapshot.ts';
import type { RoomPolicy } from '../api.ts';
import { checksFor, type PolicyChecks } from './checks.ts';

/** What the ladder has added to what a room is held to. */
export interface Restriction {
  /** What was broken, and the id of the violation's event. */
  readonly rule: string;
  readonly causeId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly to: Constraints;
}

/** Versions of the past whose acknowledgement may still be on its way. */
const MAX_ISSUED = 16;

/** The policy of one room: what its layers give, tightened by restrictions, and what its bot has acknowledged of it. */
export class PolicyInForce {
  #layers: readonly NamedLayer[];
  #restrictions: readonly Restriction[];
  #snapshot: ComposedSnapshot;
  #acknowledged: string | null = null;
  readonly #pace: number;
  readonly #issued = new Map<string, PolicyChecks>();

  /** `pace`: how fast the bot's time runs, see PolicyChecks. `composed`: what the layers alone give, where that is known. */
  constructor(
    layers: readonly NamedLayer[],
    restrictions: readonly Restriction[] = [],
    pace = 1,
    composed?: ComposedSnapshot,
  ) {
    this.#pace = pace;
    this.#layers = layers;
    this.#restrictions = restrictions;
    this.#snapshot = composed !== undefined && restrictions.length === 0 ? this.#issue(composed) : this.#compose();
  }

  get snapshot(): ComposedSnapshot {
    return this.#snapshot;
  }

  get restrictions(): readonly Restriction[] {
    return this.#restrictions;
  }

  get view(): RoomPolicy {
    const restrictions = this.#restrictions.map(({ rule, causeId, at }) => ({ rule, causeId, at }));
    return { ...this.#snapshot, acknowledged: this.#acknowledged, restrictions };
  }

  /** A version that this supervisor has given to the room's bot. */
  issued(policyVersion: string): PolicyChecks | undefined {
    return this.#issued.get(policyVersion);
  }

  /** The layers have changed; whether the policy has. Throws a PolicyError when they can't be composed: nothing changes. */
  replaceLayers(layers: readonly NamedLayer[]): boolean {
    const before = this.#layers;
    this.#layers = layers;
    try {
      return this.#recompose();
    } catch (error) {
      this.#layers = before;
      throw error;
    }
  }

  /** Adds restrictions; whether the policy has changed. */
  restrict(restrictions: readonly Restriction[]): boolean {
    const known = new Set(this.#restrictions.map(({ to }) => canonicalJson(to)));
    const fresh = restrictions.filter(({ to }) => !known.has(canonicalJson(to)));
    this.#restrictions = [...this.#restrictions, ...fresh];
    return this.#recompose();
  }

  /** The bot says that it keeps to that version; whether it is the one in force. */
  acknowledge(policyVersion: string): boolean {
    if (this.#issued.has(policyVersion)) this.#acknowledged = policyVersion;
    return policyVersion === this.#snapshot.policyVersion;
  }

  /** Another bot takes the place of the last. */
  onNewRun(): void {
    this.#acknowledged = null;
  }

  #recompose(): boolean {
    const before = this.#snapshot.policyVersion;
    this.#snapshot = this.#compose();
    return this.#snapshot.policyVersion !== before;
  }

  #compose(): ComposedSnapshot {
    const added = this.#restrictions.map(({ to }) => ({ name: 'restriction', layer: to }));
    return this.#issue(composeSnapshot([...this.#layers, ...added]));
  }

  #issue(snapshot: ComposedSnapshot): ComposedSnapshot {
    const { policyVersion } = snapshot;
    this.#issued.delete(policyVersion);
    this.#issued.set(policyVersion, checksFor(snapshot, this.#pace));
    for (const oldest of this.#issued.keys()) {
      if (this.#issued.size <= MAX_ISSUED) break;
      this.#issued.delete(oldest);
    }
    return snapshot;
  }
}
