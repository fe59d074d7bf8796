import type { Command } from '../../../spec/command.ts';
import type { NamedLayer } from '../../../spec/compose.ts';
import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { ComposedSnapshot } from '../../policy/snapshot.ts';
import type { RoomPolicy } from '../api.ts';
import { checksFor, type PolicyChecks } from './checks.ts';
import { Handover } from './handover.ts';
import type { Unreported, Verdict } from './judge.ts';
import { rungsOf } from './past.ts';
import { PolicyInForce, type Restriction } from './policy-in-force.ts';
import { REPORT_MS } from './reports.ts';

export type Applied = TopicPayloads['supervisor.policy.applied'];
export type Violation = TopicPayloads['conversation.policy.violation'];

export interface PolicingParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly roomId: string;
  readonly layers: readonly NamedLayer[];
  /** What the layers give, where somebody has composed them. */
  readonly composed?: ComposedSnapshot;
  readonly restrictions: readonly Restriction[];
  /** How many times as fast as the wall clock the bot's time runs; absent: 1. */
  readonly pace?: number;
  /** Writes the snapshot where the bot reads it. */
  readonly hand: (snapshot: ComposedSnapshot) => void;
  /** False when there is no bot to take it. */
  readonly send: (command: Command) => boolean;
  /** So many events of the running bot have come in. */
  readonly received: () => number;
  readonly onApplied: (applied: Applied) => void;
  readonly onViolation: (violation: Violation) => Promise<number>;
}

/** Runs whose policy at their start is remembered. */
const MAX_RUNS = 4;

/** One room's side of enforcement: the policy in force, who was given it and keeps to it, and what is said about that. */
export class Policing {
  readonly #parts: PolicingParts;
  readonly #policy: PolicyInForce;
  readonly #handover: Handover;
  readonly #given = new Map<string, PolicyChecks>();
  /** The bot has shown that it knows of policies. */
  #loads = false;
  #held = false;
  #heldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: PolicingParts) {
    this.#parts = parts;
    this.#policy = new PolicyInForce(parts.layers, parts.restrictions, parts.pace, parts.composed);
    this.#handover = new Handover({
      ...parts,
      hand: () => parts.hand(this.snapshot),
      isRead: () => this.isRead,
      onFault: (error) => parts.telemetry.internalError('policy snapshot', error),
      onMissing: () => this.#missing(),
    });
  }

  get snapshot(): ComposedSnapshot {
    return this.#policy.snapshot;
  }

  get view(): RoomPolicy {
    return this.#policy.view;
  }

  get restrictions(): readonly Restriction[] {
    return this.#policy.restrictions;
  }

  /** Whatever the bot has written by a little while ago is here. */
  get isRead(): boolean {
    return !this.#held && this.#parts.clock.monotonic() - this.#heldAt >= REPORT_MS;
  }

  given(runId: string): PolicyChecks | undefined {
    return this.#given.get(runId);
  }

  issued(policyVersion: string): PolicyChecks | undefined {
    return this.#policy.issued(policyVersion);
  }

  /** A run begins, with the policy in force. */
  onRun(runId: string): void {
    this.#handover.settle();
    this.#loads = false;
    this.#policy.onNewRun();
    this.#given.set(runId, checksFor(this.snapshot, this.#parts.pace));
    for (const oldest of this.#given.keys()) {
      if (this.#given.size <= MAX_RUNS) break;
      this.#given.delete(oldest);
    }
  }

  /** Nobody is there any more to acknowledge anything. */
  onRunEnd(): void {
    this.#handover.settle();
  }

  /** The bot's pipe isn't read, or is again. */
  onPressure(high: boolean): void {
    this.#held = high;
    this.#heldAt = this.#parts.clock.monotonic();
  }

  /** The bot says that it keeps to that version. */
  onLoaded(policyVersion: string): void {
    this.#loads = true;
    if (this.#policy.acknowledge(policyVersion)) this.#handover.settle();
  }

  /** What the log has to know of the policy in force. */
  applied(cause: Applied['cause']): Applied {
    const { policyVersion, layers, policy } = this.snapshot;
    return { policyVersion, cause, layers, enforcement: rungsOf(policy.enforcement ?? []) };
  }

  /** The layers have changed: hands the bot what they give now. */
  reload(layers: readonly NamedLayer[]): void {
    const previousVersion = this.snapshot.policyVersion;
    if (!this.#policy.replaceLayers(layers)) return;
    const { policyVersion } = this.snapshot;
    this.#parts.telemetry.policyReplaced(this.#parts.roomId, 'reloaded', previousVersion, policyVersion);
    // One that doesn't know of policies has nothing to acknowledge.
    this.#replace(
      { ...this.applied('reloaded'), previousVersion },
      { type: 'policy.update', policyVersion },
      this.#loads,
    );
  }

  /** Tightens the policy as the ladder says; returns the version in force then. `handOver` when that is recorded. */
  restrict({ rungs, rule, causeId, receivedAt }: Verdict): { policyVersion: string; handOver: () => void } {
    const previousVersion = this.snapshot.policyVersion;
    const called = new Set(rungs.map(({ severity, count, within }) => `${severity} ${count} ${within}`));
    const due = (this.snapshot.policy.enforcement ?? []).flatMap((each) => {
      const { severity, count, within } = each;
      return each.action === 'restrict' && called.has(`${severity} ${count} ${within}`) ? [each.to] : [];
    });
    const changed = this.#policy.restrict(due.map((to) => ({ rule, causeId, at: receivedAt, to })));
    const { policyVersion } = this.snapshot;
    return {
      policyVersion,
      handOver: () => {
        if (!changed) return;
        this.#parts.telemetry.policyReplaced(this.#parts.roomId, 'restricted', previousVersion, policyVersion);
        const command = { type: 'policy.restrict', policyVersion, rule, causeId } as const;
        this.#replace({ ...this.applied('restricted'), previousVersion, causeId }, command, true);
      },
    };
  }

  /** Says what the bot should have said. Resolves with the event's offset when it is on disk. */
  tellUnreported({ rule, subject, count, causeId }: Unreported): Promise<number> {
    const broken = `${rule} ${subject}`.slice(0, MAX_SUBJECT);
    return this.#tell('unreported', broken, count, causeId);
  }

  #replace(applied: Applied, command: Command, expected: boolean): void {
    this.#parts.onApplied(applied);
    this.#handover.begin(command, expected);
  }

  #missing(): void {
    const { policyVersion } = this.snapshot;
    void this.#tell('unacknowledged', policyVersion, 1).catch(() => {});
  }

  #tell(rule: string, subject: string, count: number, causeId?: string): Promise<number> {
    const { policyVersion } = this.snapshot;
    const violation = { policyVersion, rule, severity: 'high', action: 'allowed', subject, count } as const;
    return this.#parts.onViolation({ ...violation, ...(causeId !== undefined && { causeId }) });
  }
}

/** As the topic's schema has it. */
const MAX_SUBJECT = 256;
