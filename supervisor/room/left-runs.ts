import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../spec/runtime/clock.ts';
import { isId } from '../base/ids.ts';
import type { Turn } from '../base/turn.ts';
import type { Processes } from '../child/processes-port.ts';
import { Intake, type IntakeDeps } from '../intake/intake.ts';
import type { OriginKey } from './origin-key.ts';
import { RunFolder, type RunOrigin, runsFolder } from './run-folder.ts';
import { type Look, RunMembers } from './run-members.ts';
import { isPassing, readSpill } from './spill.ts';
import { findLogged, takeIn } from './take-in.ts';

const POLL_MS = 100;
/** A bot whose supervisor has gone leaves within seconds; after these it is made to. */
const DEADLINE_MS = 10_000;
/** Where nobody can tell whether the bot still lives: it has had its time by then. */
const GRACE_MS = 6_000;

export interface LeftRunsDeps extends IntakeDeps {
  readonly data: string;
  readonly originKey: OriginKey;
  /** Shared with the runs of this supervisor: what bots have left is read by one at a time. */
  readonly takingIn: Turn;
  readonly processes: Processes;
}

/**
 * Runs of an earlier supervisor that was ended in their midst. Their bots are leaving or have left; what they leave in
 * their folders is taken in, then the folder goes. What isn't done when this supervisor stops is the next one's.
 *
 * A run's are the process that its folder tells of, by number, start time and boot, under our signature; who says so in
 * its environment; and who comes from these.
 */
export class LeftRuns {
  readonly #deps: LeftRunsDeps;
  readonly #members: RunMembers;
  readonly #folders: Set<RunFolder>;
  readonly #closed = new Map<string, PromiseWithResolvers<void>>();
  /** What lies there and is no run's. */
  readonly #strays: readonly string[];
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void> = new Promise((resolve) => {
    this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  readonly #killed = new Set<RunFolder>();
  #working: Promise<void> = Promise.resolve();

  /** To be called before any run of this supervisor begins: every folder there is belongs to an earlier one. */
  static async find(deps: LeftRunsDeps): Promise<LeftRuns> {
    const { data, originKey } = deps;
    const folders = new Set<RunFolder>();
    const strays: string[] = [];
    for (const entry of await readdir(runsFolder(data), { withFileTypes: true })) {
      if (entry.isDirectory() && isId(entry.name)) folders.add(new RunFolder(data, entry.name, originKey));
      else strays.push(join(runsFolder(data), entry.name));
    }
    return new LeftRuns(deps, folders, strays);
  }

  private constructor(deps: LeftRunsDeps, folders: Set<RunFolder>, strays: readonly string[]) {
    this.#deps = deps;
    this.#members = new RunMembers(deps.processes, deps.clock);
    this.#folders = folders;
    for (const { runId } of folders) this.#closed.set(runId, Promise.withResolvers());
    this.#strays = strays;
  }

  start(): void {
    this.#working = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  /** Resolves when the run has no process any more and its folder is closed, at the latest when this stops. */
  closed(runId: string): Promise<void> {
    return Promise.race([this.#closed.get(runId)?.promise, this.#stopped]);
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
    while (this.#folders.size > 0 && !signal.aborted) {
      const look = await this.#members.look();
      const waited = clock.monotonic() - begun;
      for (const folder of this.#folders) {
        if (signal.aborted) return;
        const living = look?.living(folder.runId) ?? [];
        const gone = living.length === 0 && (look?.complete || waited >= GRACE_MS);
        // While the disk takes nothing it would last for ever.
        if (gone) await Promise.race([this.#close(folder), this.#stopped]);
        else if (look !== undefined && living.length > 0 && waited >= DEADLINE_MS) await this.#kill(folder, look);
      }
      if (this.#folders.size > 0) await sleep(clock, POLL_MS, signal);
    }
  }

  async #follow(): Promise<void> {
    const { bootId } = this.#deps.processes;
    for (const folder of this.#folders) {
      const process = await folder.process();
      if (process === undefined || process.bootId !== bootId) continue;
      this.#members.follow(folder.runId, process.pid, process.startTime);
    }
  }

  async #kill(folder: RunFolder, look: Look): Promise<void> {
    if (!this.#killed.has(folder)) {
      this.#killed.add(folder);
      await this.#tellKilled(folder);
    }
    this.#members.kill(look, folder.runId);
  }

  async #tellKilled(folder: RunFolder): Promise<void> {
    // It waited for a room: nobody misses it.
    if (!(await folder.hasOrigin())) return;
    const origin = await folder.origin().catch(() => undefined);
    this.#deps.telemetry.botKilled(origin?.roomId ?? '', 'deaf');
  }

  async #close(folder: RunFolder): Promise<void> {
    const { telemetry } = this.#deps;
    this.#folders.delete(folder);
    try {
      if (await folder.hasSpill()) await this.#open(folder);
      await folder.remove();
    } catch (error) {
      // The log has closed, or the machine is in trouble: the folder stays for the next start.
      if (!this.#stopping.signal.aborted) telemetry.internalError('run folder', error);
    } finally {
      this.#closed.get(folder.runId)?.resolve();
    }
  }

  async #open(folder: RunFolder): Promise<void> {
    const { telemetry, takingIn } = this.#deps;
    let origin: RunOrigin;
    try {
      origin = await folder.origin();
    } catch (error) {
      if (isPassing(error)) throw error;
      telemetry.spillUnreadable(folder.runId, `nobody knows whose run it was: ${(error as Error).message}`);
      return;
    }
    await takingIn.take(() => this.#takeIn(folder, origin));
  }

  async #takeIn(folder: RunFolder, origin: RunOrigin): Promise<void> {
    const { log, telemetry } = this.#deps;
    const spill = await readSpill(folder.spill);
    if (spill === undefined) return;
    if (spill.problem !== undefined) telemetry.spillUnreadable(folder.runId, spill.problem);
    const { ids, seq } = await findLogged(log, origin, spill);
    // Nobody listens: whatever is told here, the room that it was told of has ended.
    const listener = { onEnvelope() {}, onPressure() {}, onCommitted() {} };
    const intake = new Intake(this.#deps, origin, listener, seq);
    const counts = await takeIn(intake, spill, ids);
    intake.finish();
    await intake.settled();
    telemetry.spillTakenIn(origin.roomId, folder.runId, counts);
  }
}
