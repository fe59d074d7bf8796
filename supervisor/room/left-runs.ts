import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '../../spec/runtime/clock.ts';
import { Intake, type IntakeDeps } from '../intake/intake.ts';
import { RunFolder, type RunOrigin, runsFolder } from './run-folder.ts';
import { killAll, type RunProcesses, runProcesses } from './run-processes.ts';
import { readSpill } from './spill.ts';
import { findLogged, takeIn } from './take-in.ts';

const POLL_MS = 100;
/** A bot whose supervisor has gone leaves within seconds; after these it is made to. */
const DEADLINE_MS = 10_000;
/** Where nobody can tell whether the bot still lives: it has had its time by then. */
const GRACE_MS = 6_000;

export interface LeftRunsDeps extends IntakeDeps {
  readonly data: string;
  /** The system's unless given. */
  readonly processes?: RunProcesses;
}

/**
 * Runs of an earlier supervisor that was ended in their midst. Their bots are leaving or have left; what they leave in
 * their folders is taken in, then the folder goes. What isn't done when this supervisor stops is the next one's.
 */
export class LeftRuns {
  readonly #deps: LeftRunsDeps;
  readonly #folders: Set<RunFolder>;
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void> = new Promise((resolve) => {
    this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  readonly #killed = new Set<RunFolder>();
  #working: Promise<void> = Promise.resolve();

  /** To be called before any run of this supervisor begins: every folder there is belongs to an earlier one. */
  static async find(deps: LeftRunsDeps): Promise<LeftRuns> {
    const folders = new Set<RunFolder>();
    for (const entry of await readdir(runsFolder(deps.data), { withFileTypes: true })) {
      if (entry.isDirectory()) folders.add(new RunFolder(deps.data, entry.name));
      else await rm(join(runsFolder(deps.data), entry.name), { force: true });
    }
    return new LeftRuns(deps, folders);
  }

  private constructor(deps: LeftRunsDeps, folders: Set<RunFolder>) {
    this.#deps = deps;
    this.#folders = folders;
  }

  start(): void {
    this.#working = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, processes = runProcesses } = this.#deps;
    const { signal } = this.#stopping;
    const begun = clock.monotonic();
    while (this.#folders.size > 0 && !signal.aborted) {
      const living = await processes();
      const waited = clock.monotonic() - begun;
      for (const folder of this.#folders) {
        if (signal.aborted) return;
        const pids = living?.get(folder.runId);
        const gone = living === undefined ? waited >= GRACE_MS : pids === undefined;
        // While the disk takes nothing it would last for ever.
        if (gone) await Promise.race([this.#close(folder), this.#stopped]);
        else if (waited >= DEADLINE_MS) await this.#kill(folder, pids ?? []);
      }
      if (this.#folders.size > 0) await sleep(clock, POLL_MS, signal);
    }
  }

  async #kill(folder: RunFolder, pids: readonly number[]): Promise<void> {
    if (!this.#killed.has(folder)) {
      this.#killed.add(folder);
      const origin = await folder.origin().catch(() => undefined);
      this.#deps.telemetry.botKilled(origin?.roomId ?? '', 'deaf');
    }
    killAll(pids);
  }

  async #close(folder: RunFolder): Promise<void> {
    const { telemetry } = this.#deps;
    this.#folders.delete(folder);
    try {
      await this.#takeIn(folder);
      await folder.remove();
    } catch (error) {
      // The log has closed: the folder stays for the next start.
      if (!this.#stopping.signal.aborted) telemetry.internalError('run folder', error);
    }
  }

  async #takeIn(folder: RunFolder): Promise<void> {
    const { log, telemetry } = this.#deps;
    const spill = await readSpill(folder.spill);
    if (spill === undefined) return;
    if (spill.problem !== undefined) telemetry.spillUnreadable(folder.runId, spill.problem);
    let origin: RunOrigin;
    try {
      origin = await folder.origin();
    } catch (error) {
      telemetry.spillUnreadable(folder.runId, `nobody knows whose run it was: ${(error as Error).message}`);
      return;
    }
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
