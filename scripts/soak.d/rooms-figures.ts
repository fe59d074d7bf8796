import type { RoomView } from '../../supervisor/room/api.ts';
import type { Caller } from '../bench.d/caller.ts';
import { eventLoopDelay, parseMetrics } from '../bench.d/metrics.ts';
import { median, percentile, pssMiB, rssMiB } from '../bench.d/table.ts';
import { cpuSeconds } from './rooms-left.ts';

const MINUTE = 60_000;

/** What the rooms and the supervisor take while nothing happens but heartbeats. */
export class Stretch {
  readonly #supervisor: number;
  readonly #pids: readonly number[];
  readonly #startedAt = performance.now();
  readonly #before: { rooms: number; supervisor: number };

  static async begin(caller: Caller, supervisor: number): Promise<Stretch> {
    const { rooms } = await caller.json<{ rooms: RoomView[] }>('/v1/rooms?running=true');
    return new Stretch(
      supervisor,
      rooms.flatMap(({ pid }) => (pid === null ? [] : [pid])),
    );
  }

  private constructor(supervisor: number, pids: readonly number[]) {
    this.#supervisor = supervisor;
    this.#pids = pids;
    this.#before = this.#taken();
  }

  /** In words. */
  end(): string {
    const minutes = (performance.now() - this.#startedAt) / MINUTE;
    const { rooms, supervisor } = this.#taken();
    const each = (rooms - this.#before.rooms) / minutes / this.#pids.length;
    const own = (supervisor - this.#before.supervisor) / minutes / this.#pids.length;
    const pss = this.#pids.map((pid) => pssMiB(pid));
    return (
      `${this.#pids.length} rooms for ${(minutes * 60).toFixed(0)} s; CPU seconds a room and minute: ` +
      `${each.toFixed(3)} in the bot, ${own.toFixed(4)} in the supervisor; PSS a room in MiB: ` +
      `p50 ${median(pss).toFixed(1)}, p95 ${percentile(pss, 0.95).toFixed(1)}; the supervisor: ${memoryOf(this.#supervisor)}`
    );
  }

  #taken(): { rooms: number; supervisor: number } {
    return {
      rooms: this.#pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
      supervisor: cpuSeconds(this.#supervisor),
    };
  }
}

export function memoryOf(pid: number): string {
  return `RSS ${rssMiB(pid).toFixed(0)} MiB, at most ${rssMiB(pid, 'VmHWM').toFixed(0)} so far`;
}

/** `p50 1.2, p99 3.4, max 5.6 ms`, of samples in milliseconds. */
export function latencies(samples: readonly number[]): string {
  const of = (p: number) => percentile(samples, p).toFixed(1);
  return `p50 ${of(0.5)}, p95 ${of(0.95)}, max ${Math.max(...samples).toFixed(1)} ms`;
}

/** How late the supervisor's event loop was since somebody asked last, as it tells. */
export async function loopDelay(caller: Caller): Promise<string> {
  const delay = eventLoopDelay(parseMetrics((await caller.call('GET', '/metrics')).text));
  return `event-loop delay ${delay ?? 'unknown'}`;
}
