import { Caller, type Seen } from './caller.ts';
import type { Surroundings } from './daily-surroundings.ts';
import { treePssMiB } from './process-tree.ts';
import { type Served, serve } from './serve.ts';
import { pssMiB } from './table.ts';

/** What a room says that isn't joined, whatever comes next: then there is nothing to measure. */
const FAILED = new Set([
  'assistant.room.join.failed',
  'assistant.session.failed',
  'assistant.session.ended',
  'supervisor.bot.exited',
]);

/** A daemon with bots in Daily rooms, and what they take. */
export class DailyRooms {
  readonly #daemon: Served;
  readonly #caller: Caller;
  readonly #watched = new Map<string, (envelope: Seen) => void>();
  #close: () => void = () => {};
  #rooms = 0;

  static async start({ apiUrl, bundles, keyEnv }: Surroundings, share: boolean): Promise<DailyRooms> {
    const daily = { apiKeyEnv: keyEnv, apiUrl, bundles, browser: { share } };
    const rooms = new DailyRooms(await serve({ connectors: { daily } }));
    rooms.#close = await rooms.#caller.listen('/v1/events?from=start', ({ envelope }) => {
      if (envelope !== undefined) rooms.#watched.get(envelope.roomId)?.(envelope);
    });
    return rooms;
  }

  private constructor(daemon: Served) {
    this.#daemon = daemon;
    this.#caller = new Caller(daemon.url);
  }

  /** Milliseconds from the HTTP request until `assistant.room.join.succeeded` is read off a live stream. */
  async add(): Promise<number> {
    const roomId = `room-${this.#rooms++}`;
    const joined = new Promise<number>((resolve, reject) => {
      this.#watched.set(roomId, ({ topic, payload }) => {
        if (topic === 'assistant.room.join.succeeded') resolve(performance.now());
        if (FAILED.has(topic)) reject(new Error(`${roomId}: ${topic} ${JSON.stringify(payload)}`));
      });
    });
    const [{ sentAt }, joinedAt] = await Promise.all([this.#caller.spawn(roomId, { connector: 'daily' }), joined]);
    return joinedAt - sentAt;
  }

  /** In MiB: of the browser host with all its browsers, and of the bots' processes. */
  async pss(): Promise<{ readonly host: number; readonly bots: number }> {
    const { rooms } = await this.#caller.json<{ rooms: { pid: number | null }[] }>('/v1/rooms?running=true');
    const bots = rooms.reduce((sum, { pid }) => sum + (pid === null ? 0 : treePssMiB(pid)), 0);
    return { host: treePssMiB(this.#daemon.pid) - pssMiB(this.#daemon.pid) - bots, bots };
  }

  async stop(): Promise<void> {
    this.#close();
    this.#caller.close();
    await this.#daemon.stop();
  }
}
