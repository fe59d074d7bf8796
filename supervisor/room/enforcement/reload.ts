import type { NamedLayer } from '../../../spec/compose.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Room } from '../room.ts';

export interface ReloadParts {
  readonly rooms: () => Iterable<Room>;
  /** Rejects when they can't be read. */
  readonly layersOf: (room: Room) => Promise<NamedLayer[]>;
  readonly telemetry: Telemetry;
}

/** Carries changed policy layers into the rooms that run. A room whose layers can't be read keeps what it has. */
export class Reload {
  readonly #parts: ReloadParts;
  #changes = 0;
  #running = false;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
  }

  /** How often there was one. */
  get changes(): number {
    return this.#changes;
  }

  /** Every running room, and once more when something changes meanwhile. */
  all(): void {
    this.#changes++;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let seen = 0; seen !== this.#changes; ) {
      seen = this.#changes;
      for (const room of [...this.#parts.rooms()]) await this.#one(room);
    }
    this.#running = false;
  }

  async #one(room: Room): Promise<void> {
    try {
      const layers = await this.#parts.layersOf(room);
      room.reload(layers);
    } catch (error) {
      this.#parts.telemetry.policyNotReplaced(room.plan.request.roomId, (error as Error).message);
    }
  }
}
