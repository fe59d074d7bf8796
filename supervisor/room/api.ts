import type { Command } from '../../spec/command.ts';
import type { Parsed } from '../../spec/envelope.ts';
import type { RoomEvent } from '../../spec/generated/command.ts';
import type { ConversationPolicy, PolicyLayer } from '../../spec/policy.ts';

export const ROOM_STATES = [
  'starting',
  'joining',
  'live',
  'backing_off',
  'stopping',
  'stopped',
  'failed',
  'quarantined',
] as const;
export type RoomState = (typeof ROOM_STATES)[number];

/** Why a room ended; the first cause wins. `refused`: the bot exited with 78, never again; `ejected`: out of its call. */
export const STOP_REASONS = [
  'requested',
  'idle',
  'max_duration',
  'policy',
  'crash_loop',
  'bot_done',
  'ejected',
  'join_failed',
  'refused',
  'drain',
  'lost',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

/** What an HTTP call asks for, validated and with defaults filled in. Durations in milliseconds. */
export interface RoomRequest {
  readonly roomId: string;
  readonly connector: string;
  readonly bot: string;
  readonly assistantId?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly policy?: PolicyLayer | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly limits?:
    | {
        readonly idleTimeout?: number | undefined;
        readonly maxDuration?: number | undefined;
        /** Bytes, as proportional set size of the bot and all it has started. */
        readonly memory?: number | undefined;
      }
    | undefined;
}

/** What a bot and all it has started take of the machine. */
export interface Usage {
  /** Proportional set size: pages that processes share count for each of them in part. */
  readonly pssBytes: number;
  /** Of one processor, since the last look: 1 is one processor all the time. */
  readonly cpuShare: number;
}

/** What a room looks like from outside. Times are milliseconds since 1970. */
export interface RoomView {
  roomId: string;
  state: RoomState;
  runId: string;
  attempt: number;
  pid: number | null;
  bot: string;
  connector: string;
  /** The call that its bot is in: an address where that is known, otherwise a name; null: it is in none. */
  call: string | null;
  assistantId: string | null;
  tenantId: string | null;
  policyVersion: string;
  specVersion: string;
  startedAt: number;
  lastEventAt: number | null;
  counts: { events: number; violations: number; rejected: number; dropped: number };
  /** null while there is no process, before the first look, and where the system can't tell. */
  usage: Usage | null;
  /** The room's id is refused until then; null: it isn't. */
  quarantine: { until: number } | null;
  stop: null | { reason: StopReason; code: number | null; signal: string | null; stderr: string[] };
}

export type SpawnResult =
  | { readonly kind: 'created' | 'existing'; readonly room: RoomView }
  /** The room runs with another request. */
  | { readonly kind: 'conflict'; readonly detail: string }
  /** Too many rooms, or the daemon is draining. */
  | { readonly kind: 'full'; readonly detail: string; readonly retryAfterSeconds: number }
  /** The request can't be met as it is: unknown bot, connector, meeting, assistant, unreadable policy layer. */
  | { readonly kind: 'invalid'; readonly detail: string }
  /** Nobody says at the moment what the assistant is. */
  | { readonly kind: 'unavailable'; readonly detail: string; readonly retryAfterSeconds: number }
  | { readonly kind: 'quarantined'; readonly detail: string; readonly retryAfterSeconds: number };

/** A configured bot, and the processes of it that wait for a room. */
export interface BotView {
  bot: string;
  /** `floor` from the configuration; `target`: as many as the recent demand asks for; the others: as many as there are. */
  warm: { floor: number; target: number; ready: number; starting: number };
  /** Since the supervisor began: how often a room got a waiting process, had to start one, got one that didn't answer. */
  assignments: { warm: number; cold: number; unanswered: number };
  /** Why no process is made ready at the moment. */
  problem: string | null;
}

export interface RoomPolicy {
  policyVersion: string;
  layers: string[];
  policy: ConversationPolicy;
  /** Path of a field of `policy` (`turns.maxChars`) → the layers that gave it. */
  provenance: Record<string, string[]>;
  /** The version that the bot says it keeps to; null: it hasn't said so yet. */
  acknowledged: string | null;
  /** What the ladder has added: what was broken, by which event, and when (milliseconds since 1970). */
  restrictions: { rule: string; causeId: string; at: number }[];
}

/** What became of an event from outside. `repeated`: one of its id has come already; `busy`: the log lags behind. */
export type Brought =
  | { readonly kind: 'brought'; readonly offset: number; readonly runId: string }
  | { readonly kind: 'repeated' | 'unknown' | 'ended' | 'busy' };

/** What the HTTP layer and the console may do with rooms. */
export interface Rooms {
  spawn(request: RoomRequest): Promise<SpawnResult>;
  get(roomId: string): Promise<RoomView | undefined>;
  /** Running rooms and those whose events the log still keeps, by roomId. */
  list(): Promise<RoomView[]>;
  /** Begins a graceful stop; the room as it is now, or undefined when there is none. */
  stop(roomId: string): Promise<RoomView | undefined>;
  /** `unknown`: no such room; `ended`: no bot to take it. */
  send(roomId: string, command: Command): Promise<'sent' | 'unknown' | 'ended'>;
  /**
   * Puts a valid event that isn't the bot's into the room's log, as of its run of the moment, and resolves when it is on
   * disk, together with those that follow it. `by`: who brings it, `gateway` or `http:TOKEN`.
   */
  bring(roomId: string, parsed: Parsed, by: string, following?: readonly Parsed[]): Promise<Brought>;
  policy(roomId: string): Promise<RoomPolicy | undefined>;
  /** Lets a room's id be used again; false when it isn't in quarantine. */
  release(roomId: string): Promise<boolean>;
  /** By name. */
  bots(): BotView[];
}

/** An event of the room as its bot is told of it. */
export type Told = Readonly<RoomEvent['event']>;

/** What is needed beside that to serve rooms that people are in. */
export interface LocalRooms extends Rooms {
  /**
   * Tells a run's bot what has happened in its room. Where too much waits in its standard input already, it is left out,
   * and counted in what is told next. Nothing happens when the room has no such run, or that has no process.
   */
  tell(roomId: string, runId: string, told: Told, past?: true): void;
  /** They are in the room, as the log has it: it isn't idle until all have left. */
  present(roomId: string, participantIds: Iterable<string>): void;
}
