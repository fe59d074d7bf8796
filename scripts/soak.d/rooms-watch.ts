import type { Caller, Seen } from '../bench.d/caller.ts';

/** What the live stream has told about a room. */
export interface WatchedRoom {
  readonly roomId: string;
  /** `none` between two lives. */
  state: string;
  attempt: number;
  /** When the bot of this life was heard first, as performance.now() has it. */
  firstAt: number | undefined;
  /** Heartbeats since somebody set it to 0. */
  beats: number;
}

const FINAL = ['stopped', 'failed', 'quarantined'];

/** Follows all rooms on one live stream. */
export class Watch {
  readonly rooms = new Map<string, WatchedRoom>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #close: () => void = () => {};

  async start(caller: Caller): Promise<void> {
    this.#close = await caller.listen('/v1/events?from=start', ({ envelope }) => {
      if (envelope !== undefined) this.#see(envelope);
    });
  }

  room(roomId: string): WatchedRoom {
    const known = this.rooms.get(roomId);
    if (known !== undefined) return known;
    const room = { roomId, state: 'none', attempt: 0, firstAt: undefined, beats: 0 };
    this.rooms.set(roomId, room);
    return room;
  }

  /** Before a room is spawned: whatever was is over. */
  begin(roomId: string): void {
    Object.assign(this.room(roomId), { state: 'none', attempt: 0, firstAt: undefined, beats: 0 });
  }

  /** Resolves when the room, as the stream has it, passes the test. */
  async until(roomId: string, passes: (room: WatchedRoom) => boolean): Promise<void> {
    const room = this.room(roomId);
    const waiting = this.#waiting.get(roomId) ?? new Set();
    this.#waiting.set(roomId, waiting);
    if (passes(room)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (passes(room)) resolve();
    };
    waiting.add(look);
    await promise;
    waiting.delete(look);
  }

  ended({ state }: WatchedRoom): boolean {
    return FINAL.includes(state);
  }

  stop(): void {
    this.#close();
  }

  #see({ roomId, topic, runtime, payload, meta }: Seen): void {
    const room = this.room(roomId);
    if (topic === 'supervisor.room.state.changed') room.state = String(payload.to);
    if (runtime === 'bot') {
      room.firstAt ??= performance.now();
      room.attempt = meta.attempt ?? 0;
    }
    if (topic === 'bot.health.heartbeat') room.beats++;
    for (const look of [...(this.#waiting.get(roomId) ?? [])]) look();
  }
}
