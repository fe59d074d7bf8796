import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../spec/runtime/clock.ts';
import { isId } from '../base/ids.ts';
import type { Processes } from '../child/processes-port.ts';
import type { OriginKey } from './origin-key.ts';
import { RunFolder, runsFolder } from './run-folder.ts';
import { type Look, RunMembers } from './run-members.ts';
import { type TakeInSpillDeps, takeInSpill } from './take-in-spill.ts';

const POLL_MS = 100;
/** A bot whose supervisor has gone leaves within seconds; after these it is made to. */
const DEADLINE_MS = 10_000;
/** Where nobody can tell whether the bot still lives: it has had its time by then. */
const GRACE_MS = 6_000;

interface LeftRun {
  readonly folder: RunFolder;
  /** Undefined: it waited for a room, or nobody can say whose it was. */
  readonly roomId: string | undefined;
  /** Resolves when it has no process any more and its folder is closed. */
  readonly closed: PromiseWithResolvers<void>;
}

export interface LeftRunsDeps extends TakeInSpillDeps {
  readonly data: string;
  readonly originKey: OriginKey;
  readonly processes: Processes;
}

/**
 * Runs of an earlier supervisor that was ended in their midst. Their bots are leaving or have left; what they leave in
 * their folders is taken in, then the folder goes. What isn't done when this supervisor stops is the next one's.
 *
 * A run's are the process that its folder tells of, by number, start time and boot, under our signature; who says so in
 * its environment, and that the run lies in this folder of runs; and who comes from these. A copy of the folder has the
 * same runs, and their bots live in the original.
 */
export class LeftRuns {
  readonly #deps: LeftRunsDeps;
  readonly #members: RunMembers;
  /** Those that aren't closed yet. */
  readonly #runs: Set<LeftRun>;
  /** What lies there and is no run's. */
  readonly #strays: readonly string[];
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void> = new Promise((resolve) => {
    this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  readonly #killed = new Set<LeftRun>();
  #working: Promise<void> = Promise.resolve();

  /** To be called before any run of this supervisor begins: every folder there is belongs to an earlier one. */
  static async find(deps: LeftRunsDeps): Promise<LeftRuns> {
    const { data, originKey } = deps;
    const runs = new Set<LeftRun>();
    const strays: string[] = [];
    for (const entry of await readdir(runsFolder(data), { withFileTypes: true })) {
      if (!entry.isDirectory() || !isId(entry.name)) {
        strays.push(join(runsFolder(data), entry.name));
        continue;
      }
      const folder = new RunFolder(data, entry.name, originKey);
      const origin = await folder.origin().catch(() => undefined);
      runs.add({ folder, roomId: origin?.roomId, closed: Promise.withResolvers() });
    }
    return new LeftRuns(deps, runs, strays);
  }

  private constructor(deps: LeftRunsDeps, runs: Set<LeftRun>, strays: readonly string[]) {
    this.#deps = deps;
    this.#members = new RunMembers(deps.processes, deps.clock, runsFolder(deps.data));
    this.#runs = runs;
    this.#strays = strays;
  }

  start(): void {
    this.#working = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  /**
   * Resolves when no run of the room is left: none has a process any more, and all their folders are closed. At the
   * latest when this stops. `lastRun` is the run that the log knows, whatever its bot has made of its folder.
   */
  async left(roomId: string, lastRun?: string): Promise<void> {
    const closed = this.#of(roomId, lastRun).map((run) => run.closed.promise);
    await Promise.race([Promise.all(closed), this.#stopped]);
  }

  /** Whether left() would have to wait. */
  isLeft(roomId: string, lastRun?: string): boolean {
    return !this.#stopping.signal.aborted && this.#of(roomId, lastRun).length > 0;
  }

  #of(roomId: string, lastRun: string | undefined): LeftRun[] {
    return [...this.#runs].filter((run) => run.roomId === roomId || run.folder.runId === lastRun);
  }

  async #work(): Promise<void> {
    const { clock, telemetry } = this.#deps;
    const { signal } = this.#stopping;
    for (const path of this.#strays) {
      if (signal.aborted) return;
      await rm(path, { recursive: true, force: true }).catch((error: unknown) =>
        telemetry.internalError('run folder', error),
      );
    }
    await this.#follow();
    const begun = clock.monotonic();
    while (this.#runs.size > 0 && !signal.aborted) {
      const look = await this.#members.look();
      const waited = clock.monotonic() - begun;
      for (const run of this.#runs) {
        if (signal.aborted) return;
        const living = look?.living(run.folder.runId) ?? [];
        const gone = living.length === 0 && (look?.complete || waited >= GRACE_MS);
        // While the disk takes nothing it would last for ever.
        if (gone) await Promise.race([this.#close(run), this.#stopped]);
        else if (look !== undefined && living.length > 0 && waited >= DEADLINE_MS) await this.#kill(run, look);
      }
      if (this.#runs.size > 0) await sleep(clock, POLL_MS, signal);
    }
  }

  async #follow(): Promise<void> {
    const { bootId } = this.#deps.processes;
    for (const { folder } of this.#runs) {
      const process = await folder.process();
      if (process === undefined || process.bootId !== bootId) continue;
      this.#members.follow(folder.runId, process.pid, process.startTime);
    }
  }

  async #kill(run: LeftRun, look: Look): Promise<void> {
    const { folder, roomId } = run;
    if (!this.#killed.has(run)) {
      this.#killed.add(run);
      // One that waited for a room is missed by nobody.
      if (roomId !== undefined || (await folder.hasOrigin())) this.#deps.telemetry.botKilled(roomId ?? '', 'deaf');
    }
    this.#members.kill(look, folder.runId);
  }

  async #close(run: LeftRun): Promise<void> {
    const { telemetry } = this.#deps;
    const { folder, closed } = run;
    try {
      if (await folder.hasSpill()) await takeInSpill(folder, this.#deps);
      await folder.remove();
    } catch (error) {
      // The log has closed, or the machine is in trouble: the folder stays for the next start.
      if (!this.#stopping.signal.aborted) telemetry.internalError('run folder', error);
    } finally {
      this.#runs.delete(run);
      closed.resolve();
    }
  }
}
