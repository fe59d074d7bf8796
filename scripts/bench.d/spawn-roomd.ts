import { setTimeout as sleep } from 'node:timers/promises';
import type { BotView, RoomView } from '../../supervisor/room/api.ts';
import { Caller, type Seen } from './caller.ts';
import { parseMetrics, type Readings } from './metrics.ts';
import { type Served, serve } from './serve.ts';

/** Milliseconds from the HTTP request; both events are committed to the log and read off a live stream. */
export interface SpawnTimes {
  /** The bot's first envelope. */
  readonly first: number;
  /** `assistant.session.started`: it acts. */
  readonly started: number;
}

/** A daemon that keeps so many processes waiting, and the time that rooms take to come up in it. */
export class Spawner {
  readonly pid: number;
  readonly #daemon: Served;
  readonly #caller: Caller;
  readonly #warm: number;
  readonly #watched = new Map<string, (envelope: Seen) => void>();
  #close: () => void = () => {};
  #rooms = 0;

  static async start(warm: number): Promise<Spawner> {
    // Not more than those: what is made ready ahead of demand would disturb what is measured.
    const daemon = await serve(warm === 0 ? {} : { bots: { default: { warm, warmMax: warm } } });
    const spawner = new Spawner(daemon, warm);
    await spawner.#listen();
    return spawner;
  }

  private constructor(daemon: Served, warm: number) {
    this.#daemon = daemon;
    this.pid = daemon.pid;
    this.#warm = warm;
    this.#caller = new Caller(daemon.url);
  }

  async #listen(): Promise<void> {
    this.#close = await this.#caller.listen('/v1/events?from=start', ({ envelope }) => {
      if (envelope !== undefined) this.#watched.get(envelope.roomId)?.(envelope);
    });
  }

  /** Starts a room when all is ready for it, and ends it. */
  async sample(): Promise<SpawnTimes> {
    await this.#ready();
    const { roomId, times } = await this.spawn();
    const over = this.#seen(roomId, ({ topic, payload }) => {
      return topic === 'supervisor.room.state.changed' && payload.to === 'stopped';
    });
    await this.#caller.stop(roomId);
    await over;
    this.#watched.delete(roomId);
    return times;
  }

  /** Starts a room that stays; its name, and how long it took. */
  async spawn(): Promise<{ roomId: string; times: SpawnTimes }> {
    const roomId = `room-${this.#rooms++}`;
    let first = Number.NaN;
    const started = this.#seen(roomId, ({ topic, runtime }) => {
      if (runtime !== 'bot') return false;
      if (Number.isNaN(first)) first = performance.now();
      return topic === 'assistant.session.started';
    });
    const { sentAt } = await this.#caller.spawn(roomId);
    const startedAt = await started;
    return { roomId, times: { first: first - sentAt, started: startedAt - sentAt } };
  }

  /** Resolves when each of the rooms has sent a heartbeat. */
  async beaten(rooms: readonly string[]): Promise<void> {
    await Promise.all(rooms.map((roomId) => this.#seen(roomId, ({ topic }) => topic === 'bot.health.heartbeat')));
  }

  /** Of the rooms that run. */
  async pids(): Promise<number[]> {
    const { rooms } = await this.#caller.json<{ rooms: RoomView[] }>('/v1/rooms?running=true');
    return rooms.flatMap(({ pid }) => (pid === null ? [] : [pid]));
  }

  async readings(): Promise<Readings> {
    return parseMetrics((await this.#caller.call('GET', '/metrics')).text);
  }

  /** How often a room got a waiting process and how often it had to wait for one. */
  async assignments(): Promise<BotView['assignments'] | undefined> {
    return (await this.#bot())?.assignments;
  }

  async stop(): Promise<void> {
    this.#close();
    this.#caller.close();
    await this.#daemon.stop();
  }

  async #ready(): Promise<void> {
    while (this.#warm > 0) {
      const { warm } = (await this.#bot()) ?? {};
      if (warm !== undefined && warm.ready >= this.#warm && warm.starting === 0) return;
      await sleep(5);
    }
  }

  async #bot(): Promise<BotView | undefined> {
    const { bots } = await this.#caller.json<{ bots: BotView[] }>('/v1/bots');
    return bots.find(({ bot }) => bot === 'default');
  }

  /** When the room had an event that passes the test, as the benchmark's own clock has it. */
  #seen(roomId: string, passes: (envelope: Seen) => boolean): Promise<number> {
    return new Promise((resolve) => {
      this.#watched.set(roomId, (envelope) => {
        if (passes(envelope)) resolve(performance.now());
      });
    });
  }
}
