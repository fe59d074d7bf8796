import type { Command } from '../../spec/command.ts';
import type { Envelope } from '../../spec/envelope.ts';
import { MAX_LINE_BYTES } from '../../spec/limits.ts';
import { newId } from '../base/ids.ts';
import type { Turn } from '../base/turn.ts';
import type { Child, Exit, Launch } from '../child/port.ts';
import { Intake, type IntakeDeps } from '../intake/intake.ts';
import type { ComposedSnapshot } from '../policy/snapshot.ts';
import { Acks } from './acks.ts';
import type { RoomRequest } from './api.ts';
import { botEnvironment } from './environment.ts';
import { Holds } from './holds.ts';
import { LINE_FAULTS } from './line-faults.ts';
import type { OriginKey } from './origin-key.ts';
import { RunFolder, type RunOrigin } from './run-folder.ts';
import { readSpill } from './spill.ts';
import { StderrLog, stderrFile } from './stderr-log.ts';
import { findLogged, takeIn } from './take-in.ts';
import { Watchdog } from './watchdog.ts';

export interface RunDeps extends IntakeDeps {
  readonly launch: Launch;
  /** Holds `runs/` and `stderr/`. */
  readonly data: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly originKey: OriginKey;
  /** What bots have left is read and taken in by one at a time, however many end together. */
  readonly takingIn: Turn;
}

export interface BotConfig {
  readonly command: readonly string[];
  /** Names of environment variables to pass on. */
  readonly env: readonly string[];
}

export interface RunPlan {
  readonly request: RoomRequest;
  readonly attempt: number;
  readonly bot: BotConfig;
  readonly snapshot: ComposedSnapshot;
  /** Milliseconds of silence after which the bot is taken for dead. */
  readonly heartbeatTimeout: number;
}

export interface RunListener {
  onEnvelope(envelope: Envelope): void;
  /** No line for too long; the process has been killed. */
  onSilence(): void;
  /** Reading has stopped, or goes on. */
  onPressure(high: boolean): void;
}

/** One attempt: one process, its own folder, its intake. */
export class Run {
  readonly runId: string = newId();
  readonly plan: RunPlan;
  readonly intake: Intake;
  readonly startedAt: number;
  readonly #deps: RunDeps;
  readonly #listener: RunListener;
  readonly #origin: RunOrigin;
  readonly #folder: RunFolder;
  readonly #stderr: StderrLog;
  readonly #holds: Holds;
  readonly #acks: Acks;
  #child: Child | undefined;
  #watchdog: Watchdog | undefined;
  #spoke = false;
  #cancelled = false;
  #ended = false;
  #held = false;

  constructor(deps: RunDeps, plan: RunPlan, listener: RunListener) {
    const { roomId, assistantId, tenantId } = plan.request;
    this.plan = plan;
    this.#deps = deps;
    this.#listener = listener;
    this.startedAt = deps.clock.monotonic();
    this.#folder = new RunFolder(deps.data, this.runId, deps.originKey);
    this.#stderr = new StderrLog(stderrFile(deps.data, roomId), `run ${this.runId}`);
    this.#holds = new Holds(deps.clock, (held) => void this.intake.publish('supervisor.bot.held_back', held));
    this.#acks = new Acks(deps.clock, (through) => this.#child?.acknowledge(through));
    this.#origin = { roomId, runId: this.runId, attempt: plan.attempt, assistantId, tenantId };
    this.intake = new Intake(deps, this.#origin, {
      onEnvelope: (envelope) => this.#onEnvelope(envelope),
      onPressure: (high) => this.#onPressure(high),
      onCommitted: (through) => {
        if (!this.#ended) this.#acks.committed(through);
      },
    });
  }

  /** Of the running process. */
  get pid(): number | undefined {
    return this.#ended ? undefined : this.#child?.pid;
  }

  /** The last lines of stderr. */
  get stderr(): readonly string[] {
    return this.#stderr.tail;
  }

  /** Starts the process and resolves when it has ended and all it wrote has been read. Never rejects. */
  async live(): Promise<Exit> {
    const { plan, runId } = this;
    try {
      await this.#folder.create(this.#origin, plan.snapshot);
    } catch (error) {
      return this.#close({ code: null, signal: null, error: (error as Error).message });
    }
    // The room may have been stopped meanwhile.
    if (this.#cancelled) return this.#close({ code: null, signal: null });
    const { heartbeatTimeout, attempt } = plan;
    const { policy: policyPath, spill: spillPath, path: cwd } = this.#folder;
    const settings = { runId, attempt, policyPath, spillPath, heartbeatTimeout, passOn: plan.bot.env };
    const env = botEnvironment(plan.request, settings, this.#deps.env);
    const child = this.#deps.launch(
      { command: plan.bot.command, env, cwd, maxLineBytes: MAX_LINE_BYTES },
      {
        onLine: (line) => this.intake.line(line),
        onFault: (fault, bytes) => this.intake.reject(fault, bytes, LINE_FAULTS[fault]),
        onStderr: (line) => this.#stderr.add(line),
      },
    );
    this.#child = child;
    if (child.pid !== undefined) this.#deps.telemetry.botStarted(plan.request.roomId, runId, attempt, child.pid);
    this.#watchdog = new Watchdog(this.#deps.clock, heartbeatTimeout, () => {
      this.#listener.onSilence();
      this.kill('silent');
    });
    return this.#close(await child.exited);
  }

  /** False when there is no process to take it. */
  send(command: Command): boolean {
    const sent = !this.#ended && (this.#child?.send(command) ?? false);
    if (!sent) this.#deps.telemetry.commandUndelivered(this.plan.request.roomId, command.type);
    return sent;
  }

  /** Asks the whole process group to end; before there is one, it calls the start off. */
  terminate(): void {
    if (this.#child === undefined) this.#cancelled = true;
    else if (!this.#ended) this.#child.signal('SIGTERM');
  }

  /** The same by force: `deaf` to its orders, `silent` for too long, or still there at the daemon's `deadline`. */
  kill(reason: 'deaf' | 'silent' | 'deadline'): void {
    if (this.#child === undefined) this.#cancelled = true;
    else if (!this.#ended) {
      this.#deps.telemetry.botKilled(this.plan.request.roomId, reason);
      this.#child.signal('SIGKILL');
    }
  }

  async #close(exit: Exit): Promise<Exit> {
    this.#ended = true;
    this.#watchdog?.stop();
    this.#acks.stop();
    if (this.#held) this.#onPressure(false);
    if (exit.error !== undefined) {
      this.#deps.telemetry.botNotStarted(this.plan.request.roomId, this.runId, exit.error);
      this.#stderr.add(`roomd: the bot could not be started: ${exit.error}`);
    }
    await Promise.all([this.#stderr.end(), this.#closeFolder()]).catch((error: unknown) =>
      this.#deps.telemetry.internalError('run folder', error),
    );
    this.#holds.finish();
    this.intake.finish();
    return exit;
  }

  /** The folder outlives whatever in it isn't in the log. */
  async #closeFolder(): Promise<void> {
    if (await this.#folder.hasSpill()) {
      // What came through the pipe has to be in the log before it can be found there.
      await this.intake.settled();
      await this.#deps.takingIn.take(() => this.#takeIn());
    }
    await this.#folder.remove();
  }

  async #takeIn(): Promise<void> {
    const { log, telemetry } = this.#deps;
    const spill = await readSpill(this.#folder.spill);
    if (spill === undefined) return;
    if (spill.problem !== undefined) telemetry.spillUnreadable(this.runId, spill.problem);
    const { ids } = await findLogged(log, this.#origin, spill);
    telemetry.spillTakenIn(this.#origin.roomId, this.runId, await takeIn(this.intake, spill, ids));
  }

  #onEnvelope(envelope: Envelope): void {
    // What comes late is history: it moves nobody any more.
    if (this.#ended) return;
    this.#watchdog?.touch();
    if (!this.#spoke) {
      this.#spoke = true;
      this.#deps.telemetry.botSpoke(this.plan.request.roomId, this.#deps.clock.monotonic() - this.startedAt);
    }
    this.#listener.onEnvelope(envelope);
  }

  /** While the pipe isn't read, silence says nothing about the bot. */
  #onPressure(high: boolean): void {
    if (high === this.#held || (high && this.#ended)) return;
    this.#held = high;
    this.#deps.telemetry.pipeHeld(this.plan.request.roomId, high);
    if (high) {
      this.#child?.pause();
      this.#watchdog?.suspend();
      this.#holds.begin();
    } else {
      this.#child?.resume();
      this.#watchdog?.resume();
      this.#holds.end();
    }
    this.#listener.onPressure(high);
  }
}
