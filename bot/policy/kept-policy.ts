import type { PolicySnapshot } from '../../spec/policy.ts';
import type { Bus } from '../../spec/runtime/bus.ts';

export interface KeptPolicyParts {
  readonly bus: Bus;
  /** Reads the snapshot's file. Throws a SnapshotError. */
  readonly load: () => PolicySnapshot;
}

/** Hands a snapshot to whoever acts by it; `kept` is to be called when they do. */
export type Renew = (snapshot: PolicySnapshot, kept: () => void) => void;

/** The policy that a session keeps to, read from its file, and again when there is another. It says which one it is. */
export class KeptPolicy {
  readonly #parts: KeptPolicyParts;
  #current: PolicySnapshot;
  #ended = false;

  /** Throws a SnapshotError. */
  constructor(parts: KeptPolicyParts) {
    this.#parts = parts;
    this.#current = parts.load();
    this.#tell();
  }

  get current(): PolicySnapshot {
    return this.#current;
  }

  /**
   * There is another snapshot in the file. What is in it counts, whatever was told of it: two may have come quickly.
   * Throws a SnapshotError.
   */
  renew(renew: Renew): void {
    if (this.#ended) return;
    const snapshot = this.#parts.load();
    renew(snapshot, () => {
      this.#current = snapshot;
      this.#tell();
    });
  }

  /** Nothing is said of it any more. */
  end(): void {
    this.#ended = true;
  }

  #tell(): void {
    if (this.#ended) return;
    const { policyVersion, layers } = this.#current;
    this.#parts.bus.publish('conversation.policy.loaded', { policyVersion, layers });
  }
}
