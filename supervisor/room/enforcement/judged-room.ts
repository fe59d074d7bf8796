import type { Command } from '../../../spec/command.ts';
import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Documents } from '../../log/port.ts';
import type { StopReason } from '../api.ts';
import type { PolicyChecks } from './checks.ts';
import { enforcedPayload } from './enforced.ts';
import type { Judged } from './enforcer.ts';
import type { Unreported, Verdict } from './judge.ts';
import type { Policing } from './policing.ts';
import type { Quarantine } from './quarantine.ts';

type Enforced = TopicPayloads['supervisor.policy.enforced'];

/** What enforcement needs of a room. */
export interface RoomPart {
  readonly roomId: string;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  readonly policing: Policing;
  readonly ran: (runId: string) => boolean;
  /** Nothing of its bot's is on its way into the log. */
  readonly isIdle: () => boolean;
  /** False when there is no bot to take it. */
  readonly send: (command: Command) => boolean;
  readonly stop: (reason: StopReason) => void;
  /** What a later supervisor has to know to bring the room back, or that it is to end for that reason. */
  readonly resumable: (ending: StopReason | null) => Documents;
  readonly publish: (payload: Enforced, documents: () => Documents) => Promise<number>;
}

/** One room as the enforcer sees it. */
export class JudgedRoom implements Judged {
  readonly #room: RoomPart;
  #quarantined = false;

  constructor(room: RoomPart) {
    this.#room = room;
  }

  /** It ends for the sake of its quarantine. */
  get quarantined(): boolean {
    return this.#quarantined;
  }

  /** Whatever the bot has written by a little while ago is in the log. */
  get isRead(): boolean {
    return this.#room.policing.isRead && this.#room.isIdle();
  }

  ran(runId: string): boolean {
    return this.#room.ran(runId);
  }

  given(runId: string): PolicyChecks | undefined {
    return this.#room.policing.given(runId);
  }

  issued(policyVersion: string): PolicyChecks | undefined {
    return this.#room.policing.issued(policyVersion);
  }

  tellUnreported(breach: Unreported): Promise<number> {
    return this.#room.policing.tellUnreported(breach);
  }

  /** What the action leaves for a later supervisor commits with the event that says so. */
  enforce(verdict: Verdict, documents: Documents): Promise<number> {
    const { roomId, telemetry, policing, quarantine, publish, resumable, send, stop } = this.#room;
    const { action, rule, causeId } = verdict;
    telemetry.policyEnforced(roomId, action, rule, causeId);
    const payload = enforcedPayload(verdict, policing.snapshot.policyVersion);
    const restricted = action === 'restrict' ? policing.restrict(verdict) : undefined;
    if (restricted !== undefined) payload.toVersion = restricted.policyVersion;
    const ends = action === 'terminate' || action === 'quarantine';
    const { until } = payload;
    this.#quarantined ||= until !== undefined;
    const told = publish(payload, () => ({
      ...documents,
      ...(until !== undefined && quarantine.impose(roomId, { until, rule, causeId })),
      ...resumable(ends ? 'policy' : null),
    }));
    restricted?.handOver();
    if (action === 'warn') send({ type: 'policy.warn', rule, causeId });
    else if (ends) stop('policy');
    return told;
  }
}
