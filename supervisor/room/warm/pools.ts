import type { Clock } from '../../../spec/runtime/clock.ts';
import { newId } from '../../base/ids.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Launch } from '../../child/port.ts';
import type { BotView } from '../api.ts';
import type { Machine } from '../machine.ts';
import type { OriginKey } from '../origin-key.ts';
import { RunFolder } from '../run-folder.ts';
import { StderrLog, stderrFile } from '../stderr-log.ts';
import type { UsagePlan } from '../usage.ts';
import { WarmPool } from './pool.ts';
import type { WarmEvents } from './port.ts';
import type { Standby } from './standby.ts';

/** Unless the configuration says: so many times the floor wait at most. */
const CEILING_FACTOR = 4;
/** About as long as a room takes to have its first events in the log. */
const REFILL_DELAY_MS = 20;

/** A bot as it is configured. */
export interface BotConfig {
  readonly command: readonly string[];
  /** Names of environment variables to pass on. */
  readonly env: readonly string[];
  /** So many processes wait for a room; absent: none. */
  readonly warm?: number;
  /** And so many at most, when rooms come in fast. */
  readonly warmMax?: number | undefined;
}

/** A waiting process that a room has got, and whom to tell what came of it. */
export interface Loan {
  readonly standby: Standby;
  answered(): void;
  unanswered(): void;
}

export interface PoolsDeps {
  readonly launch: Launch;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  readonly data: string;
  readonly originKey: OriginKey;
  /** The supervisor's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly machine: Machine;
  /** How many rooms may still be started. */
  readonly places: () => number;
}

export interface PoolsConfig {
  readonly bots: Readonly<Record<string, BotConfig>>;
  /** Milliseconds. */
  readonly heartbeatTimeout: number;
  /** Bytes that a bot may take, waiting or in a room. */
  readonly memory: number;
}

/** The processes that wait for a room, bot by bot. */
export class Pools {
  readonly #bots: readonly string[];
  readonly #pools = new Map<string, WarmPool>();
  /** Of bots without a pool. */
  readonly #cold = new Map<string, number>();

  constructor(deps: PoolsDeps, { bots, heartbeatTimeout, memory }: PoolsConfig) {
    const { machine, data, originKey, places, telemetry } = deps;
    const { gate, reaper, usage } = machine;
    this.#bots = Object.keys(bots).sort();
    const parts = {
      ...deps,
      newFolder: () => new RunFolder(data, newId(), originKey),
      // More wouldn't get their turn.
      maxStarting: gate.waitingLimit,
      room: places,
      start: (work: () => Promise<void>) => gate.pass(work),
      record: (pid: number | undefined, folder: RunFolder) => machine.record(pid, folder),
      watchMemory: (plan: UsagePlan, onExceeded: (pssBytes: number) => void) =>
        usage.watch(plan, { onUsage() {}, onHigh() {}, onExceeded }),
      reap: (runId: string) => reaper.reap(runId),
    };
    for (const [bot, { command, env, warm = 0, warmMax = warm * CEILING_FACTOR }] of Object.entries(bots)) {
      if (warm === 0) continue;
      const size = { floor: warm, ceiling: warmMax, refillDelay: REFILL_DELAY_MS };
      const plan = { bot, command, env, ...size, heartbeatTimeout, memory };
      this.#pools.set(bot, new WarmPool(parts, plan, poolEvents(telemetry, data)));
    }
  }

  start(): void {
    for (const pool of this.#pools.values()) pool.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
  }

  /** Whether `take` would give one at this moment. */
  hasReady(bot: string): boolean {
    return this.#pools.get(bot)?.hasReady ?? false;
  }

  /** A process that waits for a room, if there is one. */
  take(bot: string): Loan | undefined {
    const pool = this.#pools.get(bot);
    const standby = pool?.take();
    if (pool === undefined) this.#cold.set(bot, (this.#cold.get(bot) ?? 0) + 1);
    if (pool === undefined || standby === undefined) return undefined;
    return { standby, answered: () => pool.answered(standby), unanswered: () => pool.unanswered(standby) };
  }

  view(): BotView[] {
    return this.#bots.map((bot) => this.#pools.get(bot)?.view() ?? withoutPool(bot, this.#cold.get(bot) ?? 0));
  }
}

function withoutPool(bot: string, cold: number): BotView {
  const warm = { floor: 0, target: 0, ready: 0, starting: 0 };
  return { bot, warm, assignments: { warm: 0, cold, unanswered: 0 }, problem: null };
}

function poolEvents(telemetry: Telemetry, data: string): WarmEvents {
  return {
    ready: (bot, ms) => telemetry.waitingBotReady(bot, ms),
    taken() {},
    missed() {},
    unanswered: (bot) => telemetry.assignmentUnanswered(bot),
    left(bot, reason, stderr) {
      telemetry.waitingBotLeft(bot, reason);
      keepWords(stderrFile(data, `.waiting-${bot}`), reason, stderr);
    },
    problem: (bot, problem) => telemetry.poolProblem(bot, problem),
    folderStays: (_path, error) => telemetry.internalError('run folder', error),
  };
}

/** No room has a name with a dot in front: what waiting bots said before they left has a file of its own. */
function keepWords(file: string, reason: string, stderr: readonly string[]): void {
  if (stderr.length === 0) return;
  const log = new StderrLog(file, `left: ${reason}`);
  for (const line of stderr) log.add(line);
  void log.end();
}
