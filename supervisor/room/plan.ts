import type { NamedLayer } from '../../spec/compose.ts';
import type { AssistantRecord } from '../assistants/api.ts';
import type { ComposedSnapshot } from '../policy/snapshot.ts';
import type { RoomRequest } from './api.ts';
import type { Limits } from './limits.ts';
import type { RestartConfig } from './restart-budget.ts';
import type { BotConfig } from './warm/pools.ts';

/** A request with what the configuration adds to its options, and what is known of its assistant. */
export interface PlannedRequest extends RoomRequest {
  /** The room keeps the record that it began with until it ends. Absent: nobody was asked. */
  readonly assistant?: AssistantRecord | undefined;
}

/** Everything a room needs to run, decided before it starts. */
export interface RoomPlan {
  /** As it was asked for. */
  readonly asked: RoomRequest;
  readonly request: PlannedRequest;
  readonly bot: BotConfig;
  /** Of its policy at the start, weakest claim first. */
  readonly layers: readonly NamedLayer[];
  readonly policy: ComposedSnapshot;
  readonly limits: Limits;
  /** Milliseconds. */
  readonly heartbeatTimeout: number;
  /** Milliseconds from the wish to stop to force. */
  readonly shutdownGrace: number;
  readonly restart: RestartConfig;
}
