import type { Caller } from '../bench.d/caller.ts';
import { latencies, loopDelay, memoryOf, Stretch } from './rooms-figures.ts';
import type { RoomsJudge } from './rooms-judge.ts';
import { endOf, planRooms, type RoomPlan, requestOf } from './rooms-plan.ts';
import { Tidiness } from './rooms-tidiness.ts';
import { Watch, type WatchedRoom } from './rooms-watch.ts';
import type { Supervisor } from './supervisor.ts';

export interface RoomsOptions {
  readonly rooms: number;
  readonly seed: number;
  /** Processes that wait for a room. */
  readonly warm: number;
  /** How long a bot may be silent; it beats three times as often. */
  readonly heartbeatTimeout: string;
  /** How many heartbeats of each room make the quiet stretch. */
  readonly beats: number;
  readonly say: (line: string) => void;
}

/** All rooms of a soak, from the first to the last, and what is left of them. */
export class RoomsLife {
  readonly #options: RoomsOptions;
  readonly #pid: number;
  readonly #tidiness: Tidiness;
  readonly #caller: Caller;
  readonly #judge: RoomsJudge;
  readonly #watch = new Watch();
  /** Milliseconds from the request that was not refused to the bot's first envelope. */
  readonly #spawned: number[] = [];
  #refused = 0;

  constructor(options: RoomsOptions, supervisor: Supervisor, data: string, caller: Caller, judge: RoomsJudge) {
    this.#options = options;
    this.#pid = supervisor.pid;
    this.#tidiness = new Tidiness({ pid: supervisor.pid, data, caller, warm: options.warm });
    this.#caller = caller;
    this.#judge = judge;
  }

  async run(): Promise<void> {
    const { rooms, seed, say } = this.#options;
    const before = await this.#tidiness.begin(this.#judge);
    await this.#watch.start(this.#caller);
    say(`at start: ${memoryOf(this.#pid)}; ${await loopDelay(this.#caller)}`);
    const startedAt = performance.now();
    const seconds = () => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
    await Promise.all(planRooms(rooms, seed).map((plan) => this.#live(plan)));
    say(
      `${seconds()}: ${rooms} rooms are live, ${this.#spawned.length} were spawned, ${this.#refused} requests refused`,
    );
    say(`HTTP request to first envelope: ${latencies(this.#spawned)}`);
    say(`${memoryOf(this.#pid)}; ${await loopDelay(this.#caller)}`);
    await this.#quiet();
    const stopping = performance.now();
    await Promise.all([...this.#watch.rooms.keys()].map((roomId) => this.#end(roomId)));
    say(`all stopped in ${((performance.now() - stopping) / 1_000).toFixed(1)} s; ${await loopDelay(this.#caller)}`);
    await this.#judge.conclude(this.#caller);
    say(`${this.#judge.events} events of ${this.#judge.runs} runs read; at the end: ${memoryOf(this.#pid)}`);
    this.#watch.stop();
    say(await this.#tidiness.conclude(before, this.#judge));
  }

  /** Until the room has been through all of its plan, and is live to stay. */
  async #live(plan: RoomPlan): Promise<void> {
    const { roomId, life, times, stopped } = plan;
    const end = endOf(life);
    await this.#begin(roomId, requestOf(plan), end ?? 'requested');
    if (end === undefined) {
      // Stopped in the first life, whatever it is up to.
      const enough = stopped ? 1 : times + 1;
      await this.#settled(roomId, ({ state, attempt }) => state === 'live' && attempt >= enough);
      if (!stopped) return;
      await this.#end(roomId);
    } else await this.#watch.until(roomId, this.#watch.ended);
    await this.#begin(roomId, {}, 'requested');
    await this.#settled(roomId, ({ state }) => state === 'live');
  }

  async #begin(roomId: string, request: Record<string, unknown>, end: string): Promise<void> {
    this.#judge.expectEnd(roomId, end);
    this.#watch.begin(roomId);
    const { sentAt, refusals } = await this.#caller.spawn(roomId, request);
    this.#refused += refusals;
    await this.#settled(roomId, ({ firstAt }) => firstAt !== undefined);
    const { firstAt } = this.#watch.room(roomId);
    if (firstAt !== undefined) this.#spawned.push(firstAt - sentAt);
  }

  /** Or until it has ended, which the judge finds in the log. */
  #settled(roomId: string, passes: (room: WatchedRoom) => boolean): Promise<void> {
    return this.#watch.until(roomId, (room) => passes(room) || this.#watch.ended(room));
  }

  async #end(roomId: string): Promise<void> {
    await this.#caller.stop(roomId);
    await this.#watch.until(roomId, this.#watch.ended);
  }

  /** Nothing happens but heartbeats, and every room has to stay. */
  async #quiet(): Promise<void> {
    const { say, beats: enough } = this.#options;
    const stretch = await Stretch.begin(this.#caller, this.#pid);
    const rooms = [...this.#watch.rooms.values()];
    for (const room of rooms) room.beats = 0;
    await Promise.all(
      rooms.map(({ roomId }) => this.#watch.until(roomId, ({ state, beats }) => beats >= enough || state !== 'live')),
    );
    const { length: live } = rooms.filter(({ state }) => state === 'live');
    this.#judge.expect(
      live === rooms.length,
      `${rooms.length - live} rooms were no longer live although nothing happened`,
    );
    say(stretch.end());
    say(await loopDelay(this.#caller));
  }
}
