import type { Command } from '../../spec/command.ts';
import type { Envelope } from '../../spec/envelope.ts';
import { newId } from '../base/ids.ts';
import type { Turn } from '../base/turn.ts';
import type { Exit } from '../child/port.ts';
import { Intake, type IntakeDeps } from '../intake/intake.ts';
import type { ComposedSnapshot } from '../policy/snapshot.ts';
import type { Access } from './access.ts';
import { Acks } from './acks.ts';
import type { Told, Usage } from './api.ts';
import {
  BotProcess,
  type BotProcessDeps,
  type BotProcessListener,
  type BotProcessPlan,
  type KillReason,
} from './bot-process.ts';
import { Holds } from './holds.ts';
import { LINE_FAULTS } from './line-faults.ts';
import type { OriginKey } from './origin-key.ts';
import { RunFolder, type RunOrigin } from './run-folder.ts';
import { StderrLog, stderrFile } from './stderr-log.ts';
import { takeInLeft } from './take-in.ts';
import { Tidings } from './tidings.ts';
import type { Loan } from './warm/pools.ts';

export interface RunDeps extends IntakeDeps, BotProcessDeps {
  /** Holds `runs/` and `stderr/`. */
  readonly data: string;
  readonly originKey: OriginKey;
  /** What bots have left is read and taken in by one at a time, however many end together. */
  readonly takingIn: Turn;
  /** Absent: no room wants more than a name. */
  readonly access?: Access | undefined;
}

export interface RunPlan extends BotProcessPlan {
  readonly snapshot: ComposedSnapshot;
  /** When the room will have lasted as long as it may, in milliseconds since 1970. */
  readonly endsAt: number;
}

export interface RunListener {
  onEnvelope(envelope: Envelope): void;
  /** Reading has stopped, or goes on. */
  onPressure(high: boolean): void;
}

/** One attempt: one process, its own folder, its intake. */
export class Run {
  readonly runId: string;
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
  readonly #process: BotProcess;
  readonly #tidings = new Tidings();
  readonly #started = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  #snapshot: ComposedSnapshot;
  #filled = false;
  #ended = false;
  #held = false;
  #address: string | undefined;

  /** `loan` is a process that waits for a room; without one a process is started. */
  constructor(deps: RunDeps, plan: RunPlan, listener: RunListener, loan?: Loan) {
    const { roomId, assistantId, tenantId } = plan.request;
    this.runId = loan?.standby.folder.runId ?? newId();
    this.plan = plan;
    this.#snapshot = plan.snapshot;
    this.#deps = deps;
    this.#listener = listener;
    this.startedAt = deps.clock.monotonic();
    this.#folder = loan?.standby.folder ?? new RunFolder(deps.data, this.runId, deps.originKey);
    this.#stderr = new StderrLog(stderrFile(deps.data, roomId), `run ${this.runId}`);
    this.#holds = new Holds(deps.clock, (held) => void this.intake.publish('supervisor.bot.held_back', held));
    this.#acks = new Acks(deps.clock, (through) => this.#process.child?.acknowledge(through));
    const local = plan.request.connector === 'local' || undefined;
    this.#origin = { roomId, runId: this.runId, attempt: plan.attempt, assistantId, tenantId, local };
    this.intake = new Intake(deps, this.#origin, {
      onEnvelope: (envelope) => this.#onEnvelope(envelope),
      onPressure: (high) => this.#onPressure(high),
      onCommitted: (through) => {
        if (!this.#ended) this.#acks.committed(through);
      },
    });
    this.#process = this.#newProcess(loan);
  }

  /** Of the running process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** As last looked at. */
  get usage(): Usage | null {
    return this.#process.usage;
  }

  /** Where the call is that it is let into; undefined: it isn't let in yet, or its room is no call. */
  get address(): string | undefined {
    return this.#address;
  }

  /** The last lines of stderr. */
  get stderr(): readonly string[] {
    return this.#stderr.tail;
  }

  /** Why the process was killed, if it was. */
  get killedFor(): KillReason | undefined {
    return this.#process.killedFor;
  }

  /** Its process was waiting for a room, got this one, and never said a word. */
  get unanswered(): boolean {
    return this.#process.warm && !this.#process.spoke;
  }

  /** Starts the process and resolves when it has ended and all it wrote has been read. Never rejects. */
  async live(): Promise<Exit> {
    let error: string | undefined;
    void this.#letIn();
    try {
      if (!this.#process.warm) await this.#folder.make();
      this.#folder.fill(this.#origin, this.#snapshot);
      this.#filled = true;
    } catch (cause) {
      error = (cause as Error).message;
      this.#process.cancel();
    }
    const exit = await this.#process.live();
    return this.#close(error === undefined ? exit : { code: null, signal: null, error });
  }

  /** Puts another snapshot where the bot reads its policy. Throws when the disk won't have it. */
  replacePolicy(snapshot: ComposedSnapshot): void {
    this.#snapshot = snapshot;
    if (this.#filled && !this.#ended) this.#folder.replacePolicy(snapshot);
  }

  /** False when there is no process to take it. */
  send(command: Command): boolean {
    const sent = this.#process.send(command);
    if (!sent) this.#deps.telemetry.commandUndelivered(this.plan.request.roomId, command.type);
    return sent;
  }

  /** Tells the bot what has happened in its room, if there is a process to take it. */
  tell(told: Told, past?: true): void {
    const { child } = this.#process;
    if (child === undefined || this.#tidings.tell(child, told, past)) return;
    this.#deps.telemetry.botMissed(this.plan.request.roomId);
  }

  /** Asks the whole process group to end; before there is one, it calls the start off. */
  terminate(): void {
    this.#process.terminate();
  }

  /** The same by force. */
  kill(reason: KillReason): void {
    this.#process.kill(reason);
  }

  #newProcess(loan: Loan | undefined): BotProcess {
    const { telemetry } = this.#deps;
    const { request, attempt } = this.plan;
    const { roomId } = request;
    const listener: BotProcessListener = {
      onLine: (line) => this.intake.line(line),
      onFault: (fault, bytes) => this.intake.reject(fault, bytes, LINE_FAULTS[fault]),
      onStderr: (line) => this.#stderr.add(line),
      onStarted: (pid, warm) => {
        telemetry.botStarted(roomId, this.runId, attempt, pid, warm);
        void this.intake.publish('supervisor.bot.started', { pid, warm });
        this.#started.resolve();
      },
      onBusy: (busy) => {
        telemetry.botUnresponsive(roomId, busy);
        void this.intake.publish('supervisor.bot.unresponsive', busy);
      },
      onMemoryHigh: (pssBytes) => {
        telemetry.botMemoryHigh(roomId, pssBytes, this.plan.memory);
        void this.intake.publish('supervisor.bot.memory_high', { pssBytes, limitBytes: this.plan.memory });
      },
      onKill: (reason) => {
        telemetry.botKilled(roomId, reason);
        void this.intake.publish('supervisor.bot.killed', { reason });
      },
      onReaped: (reaped) => telemetry.stragglers(this.runId, reaped),
    };
    return new BotProcess(this.#deps, this.plan, this.#folder, listener, loan);
  }

  /** What the bot needs to get into its room is asked for while its process starts. Only its standard input gets it. */
  async #letIn(): Promise<void> {
    const { access, clock, telemetry } = this.#deps;
    const { request, endsAt } = this.plan;
    try {
      const remainingMs = Math.max(0, endsAt - clock.now());
      const admission = await access?.open({ request, remainingMs }, this.#over.signal);
      if (admission === undefined) return;
      if (admission.type === 'room.access') this.#address = admission.url;
      await this.#started.promise;
      if (this.#ended) return;
      telemetry.accessDecided(request.roomId, admission.type === 'room.refused' ? admission : undefined);
      this.send(admission);
    } catch (error) {
      telemetry.internalError('access', error);
    }
  }

  async #close(exit: Exit): Promise<Exit> {
    this.#ended = true;
    this.#over.abort();
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
      await this.#deps.takingIn.take(() => takeInLeft(this.#folder, this.#origin, this.#deps, () => this.intake));
    }
    await this.#folder.remove();
  }

  #onEnvelope(envelope: Envelope): void {
    // What comes late is history: it moves nobody any more.
    if (this.#ended) return;
    if (!this.#process.spoke) {
      const ms = this.#deps.clock.monotonic() - this.startedAt;
      this.#deps.telemetry.botSpoke(this.plan.request.roomId, ms, this.#process.warm);
    }
    this.#process.heard();
    this.#listener.onEnvelope(envelope);
  }

  #onPressure(high: boolean): void {
    if (high === this.#held || (high && this.#ended)) return;
    this.#held = high;
    this.#deps.telemetry.pipeHeld(this.plan.request.roomId, high);
    this.#process.hold(high);
    if (high) this.#holds.begin();
    else this.#holds.end();
    this.#listener.onPressure(high);
  }
}
