import type { RoomAccess, RoomEvent, RoomRefused } from '../../spec/generated/command.ts';
import type { Bus } from '../../spec/runtime/bus.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Past } from './past.ts';
import type { RoomClock } from './room-clock.ts';

/**
 * What a session needs of a room, whatever the room is. A connector publishes what happens there as raw events
 * (`room.participant.*`, `room.speaker.changed`, `room.transcript.received`, …) to the bus it was given; what is in the
 * log already, to be heard only.
 */
export interface Connector {
  /** Room time; stands at 0 until the room has been joined. */
  readonly clock: RoomClock;
  /**
   * Where the room is a recording: room time as the clock by which the bot keeps its policy, so that whatever it does
   * follows from the recording, at any speed. Absent: the process's clock.
   */
  readonly replay?: Clock;
  /**
   * Of the stay since the last join. Resolves with the reason when the room is over by itself, and then nothing more
   * happens in it. Rejects with a ConnectorError when the room is lost: if that is retryable, it may be joined again.
   */
  readonly ended: Promise<string>;
  /** What had happened before the bot came. Absent where nobody tells. */
  readonly past?: Past;
  /** Whether people write to each other in it, and to the bot; known once the room is joined. */
  readonly isChat?: boolean;
  /** What the bot is called in it, where the room knows. */
  readonly calledAs?: string | undefined;
  /** Enters the room; rejects with a ConnectorError. May be called again after a failure, and when the room was lost. */
  join(signal: AbortSignal): Promise<void>;
  /** Puts a message into the room, in answer to the one with the id `replyTo`; rejects with a ConnectorError. */
  send(text: string, replyTo?: string): Promise<Sent>;
  /**
   * The supervisor tells of something that has happened in the room, from the join on, and after leaving too. Absent
   * where the connector sees all for itself.
   */
  happened?(told: RoomEvent): void;
  /** The supervisor tells how to get in, before the join or during it, perhaps more than once. Absent where nobody has to. */
  access?(told: RoomAccess | RoomRefused): void;
  /** Hands data to the programs of those who are in the room. Rejects with a ConnectorError. Absent where there are none. */
  tell?(data: object): Promise<void>;
  /** Leaves the room. Idempotent, and legal before and during a join. */
  leave(): Promise<void>;
}

/** A message that is in the room. */
export interface Sent {
  readonly messageId: string;
  /** What of it is there, where the room was lost or left before all of it was. Not empty. */
  readonly text?: string;
}

/** What every connector is made of. */
export interface RoomParts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Whether another run has been in this room before. */
  readonly isRestart?: boolean;
  /** Told of what must not happen; the room goes on. */
  readonly onError: (error: unknown) => void;
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** A room can't be joined, kept or used; `retryable` says whether trying again can help. */
export class ConnectorError extends Error {
  override name = 'ConnectorError';
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}

/** Whatever a connector threw, as a ConnectorError; a surprise may pass, so it counts as retryable. */
export function connectorError(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  return new ConnectorError(error instanceof Error ? error.message : String(error), true);
}
