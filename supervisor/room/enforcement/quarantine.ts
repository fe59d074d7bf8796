import type { Clock } from '../../../spec/runtime/clock.ts';
import type { Documents, Log } from '../../log/port.ts';

/** Why a room's id is refused, and until when (milliseconds since 1970). */
export interface Quarantined {
  readonly until: number;
  /** What was broken, and the id of the violation's event. */
  readonly rule: string;
  readonly causeId: string;
}

const PREFIX = 'quarantine/';

/** Where it is kept that a room is in quarantine. */
export function quarantineKey(roomId: string): string {
  return PREFIX + roomId;
}

/** The rooms whose ids are refused for a time. It survives a restart: what is committed with its event is its truth. */
export class Quarantine {
  readonly #clock: Clock;
  readonly #rooms: Map<string, Quarantined>;

  static async load(log: Log, clock: Clock): Promise<Quarantine> {
    const kept = [...(await log.documents(PREFIX))].map(
      ([key, value]) => [key.slice(PREFIX.length), value as Quarantined] as const,
    );
    return new Quarantine(clock, new Map(kept));
  }

  private constructor(clock: Clock, rooms: Map<string, Quarantined>) {
    this.#clock = clock;
    this.#rooms = rooms;
  }

  /** Undefined when the room is free. */
  of(roomId: string): Quarantined | undefined {
    const found = this.#rooms.get(roomId);
    return found !== undefined && found.until > this.#clock.now() ? found : undefined;
  }

  /** From now on; the documents have to be committed. */
  impose(roomId: string, quarantined: Quarantined): Documents {
    this.#rooms.set(roomId, quarantined);
    return { [quarantineKey(roomId)]: quarantined };
  }

  /** The room is free again; the documents have to be committed. */
  lift(roomId: string): Documents {
    this.#rooms.delete(roomId);
    return { [quarantineKey(roomId)]: null };
  }

  /** Those whose time is over. */
  expired(): string[] {
    return [...this.#rooms.keys()].filter((roomId) => this.of(roomId) === undefined);
  }
}
