import type { Command } from '../../spec/command.ts';
import { MAX_LINE_BYTES } from '../../spec/limits.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Child, ChildListener, Exit, Launch } from '../child/port.ts';
import type { RoomRequest, Usage } from './api.ts';
import { passedOn, roomVariables, runVariables } from './environment.ts';
import { isHeartbeat } from './heartbeat-line.ts';
import { type BusyBot, Liveness } from './liveness.ts';
import type { Machine } from './machine.ts';
import type { Reaped } from './reaper.ts';
import type { RunFolder } from './run-folder.ts';
import type { StartTicket } from './start-gate.ts';
import type { UsageWatch } from './usage.ts';
import type { Loan } from './warm/pools.ts';

/** A waiting bot that was given a room says something within so long, or the room goes to another. */
const ANSWER_MS = 5_000;
const LOOK_AGAIN_MS = 100;

/**
 * `deaf` to its orders, `silent` for too long, `busy` without a word for far too long, over its `memory`, given a room
 * and `unanswered`, or still there at the daemon's `deadline`.
 */
export type KillReason = 'deaf' | 'silent' | 'busy' | 'memory' | 'unanswered' | 'deadline';

export interface BotProcessDeps {
  readonly launch: Launch;
  readonly clock: Clock;
  readonly machine: Machine;
  /** The supervisor's own. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface BotProcessPlan {
  readonly request: RoomRequest;
  readonly attempt: number;
  readonly bot: { readonly command: readonly string[]; readonly env: readonly string[] };
  /** Milliseconds. */
  readonly heartbeatTimeout: number;
  /** Bytes. */
  readonly memory: number;
}

export interface BotProcessListener extends ChildListener {
  /** The process is there and has its room. */
  onStarted(pid: number, warm: boolean): void;
  onBusy(busy: BusyBot): void;
  onMemoryHigh(pssBytes: number): void;
  onKill(reason: KillReason): void;
  /** What it had started has been looked for. */
  onReaped(reaped: Reaped): void;
}

/** The process of one run, waiting ones included: from its start, or its assignment, until all it has started is gone. */
export class BotProcess {
  /** Whether it was waiting for a room. */
  readonly warm: boolean;
  readonly #deps: BotProcessDeps;
  readonly #plan: BotProcessPlan;
  readonly #folder: RunFolder;
  readonly #listener: BotProcessListener;
  readonly #loan: Loan | undefined;
  #child: Child | undefined;
  #ticket: StartTicket | undefined;
  #unanswered: Timer | undefined;
  #liveness: Liveness | undefined;
  #watch: UsageWatch | undefined;
  #usage: Usage | null = null;
  #killedFor: KillReason | undefined;
  #recorded: Promise<void> | undefined;
  #spoke = false;
  /** Its room wants it to leave: what it does after that is no failure of its own. */
  #told = false;
  #cancelled = false;
  #over = false;

  constructor(
    deps: BotProcessDeps,
    plan: BotProcessPlan,
    folder: RunFolder,
    listener: BotProcessListener,
    loan: Loan | undefined,
  ) {
    this.warm = loan !== undefined;
    this.#deps = deps;
    this.#plan = plan;
    this.#folder = folder;
    this.#listener = listener;
    this.#loan = loan;
  }

  /** Undefined before there is one, and when it has gone. */
  get pid(): number | undefined {
    return this.#over ? undefined : this.#child?.pid;
  }

  get usage(): Usage | null {
    return this.#over ? null : this.#usage;
  }

  /** The first reason for which it was killed, if it was. */
  get killedFor(): KillReason | undefined {
    return this.#killedFor;
  }

  get spoke(): boolean {
    return this.#spoke;
  }

  /** Resolves when the process and all it has started are gone and its output has been read. Never rejects. */
  async live(): Promise<Exit> {
    const child = await this.#obtain();
    if (child === undefined) return { code: null, signal: null };
    const { machine } = this.#deps;
    const { runId } = this.#folder;
    const exit = await child.exited;
    this.#over = true;
    if (!this.#spoke && !this.#told) this.#loan?.unanswered();
    this.#ticket?.leave();
    this.#unanswered?.cancel();
    this.#liveness?.stop();
    this.#watch?.stop();
    this.#listener.onReaped(await machine.reaper.reap(runId));
    await this.#recorded;
    return exit;
  }

  /** It said something valid. */
  heard(): void {
    this.#liveness?.touch();
    if (this.#spoke) return;
    this.#spoke = true;
    this.#loan?.answered();
    this.#ticket?.leave();
    this.#unanswered?.cancel();
  }

  /** While the pipe isn't read, silence says nothing about the bot. */
  hold(held: boolean): void {
    if (held) {
      this.#child?.pause();
      this.#liveness?.suspend();
    } else {
      this.#child?.resume();
      this.#liveness?.resume();
    }
  }

  /** The process that takes commands, if there is one. */
  get child(): Child | undefined {
    return this.#over ? undefined : this.#child;
  }

  /** False when there is no process that takes it. */
  send(command: Command): boolean {
    if (command.type === 'shutdown') this.#told = true;
    return this.child?.send(command) ?? false;
  }

  /** Asks the whole process group to end; before there is one, it calls the start off. */
  terminate(): void {
    this.#told = true;
    if (this.#child === undefined) this.cancel();
    else if (!this.#over) this.#child.signal('SIGTERM');
  }

  /** The same by force. */
  kill(reason: KillReason): void {
    if (reason === 'deaf' || reason === 'deadline') this.#told = true;
    if (this.#child === undefined) this.cancel();
    else if (!this.#over) {
      if (this.#killedFor === undefined) this.#listener.onKill(reason);
      this.#killedFor ??= reason;
      this.#child.signal('SIGKILL');
    }
  }

  /** Calls the start off: `live` has nothing to do any more but to end a process that waited. */
  cancel(): void {
    this.#cancelled = true;
    this.#ticket?.leave();
  }

  /** A room that gets a waiting process has it, and says so, before anything else can happen. */
  async #obtain(): Promise<Child | undefined> {
    if (this.#loan !== undefined) return this.#assign(this.#loan);
    if (this.#cancelled) return undefined;
    this.#ticket = this.#deps.machine.gate.enter();
    await this.#ticket.turn;
    // The room may have been stopped meanwhile.
    if (this.#cancelled) return undefined;
    const { bot, heartbeatTimeout } = this.#plan;
    const env = {
      ...passedOn(bot.env, this.#deps.env),
      ...runVariables(this.#folder, heartbeatTimeout),
      ...roomVariables(this.#plan.request, this.#plan.attempt),
    };
    const spec = { command: bot.command, env, cwd: this.#folder.path, maxLineBytes: MAX_LINE_BYTES };
    this.#child = this.#deps.launch(spec, this.#listener);
    this.#recorded = this.#deps.machine.record(this.#child.pid, this.#folder);
    this.#watchOver(this.#child.pid);
    return this.#child;
  }

  #assign({ standby }: Loan): Child {
    const { heartbeatTimeout, request, attempt } = this.#plan;
    const listener = this.#listener;
    const { child, stderr, recorded } = standby.adopt({
      // What it said while it waited may still be in the pipe, and is no answer.
      onLine: (line) => {
        if (this.#spoke || !isHeartbeat(line)) listener.onLine(line);
      },
      onFault: (fault, bytes) => listener.onFault(fault, bytes),
      onStderr: (line) => listener.onStderr(line),
    });
    for (const line of stderr) listener.onStderr(line);
    this.#child = child;
    this.#recorded = recorded;
    if (this.#cancelled) {
      this.#child.signal('SIGKILL');
      return this.#child;
    }
    const env = { ...runVariables(this.#folder, heartbeatTimeout), ...roomVariables(request, attempt) };
    const sent = child.send({ type: 'assign', env });
    this.#watchOver(child.pid);
    if (sent) this.#unanswered = this.#deps.clock.after(ANSWER_MS, () => this.#lookAgain());
    else this.kill('unanswered');
    return child;
  }

  /** It is the supervisor that may have been away: what lies in the pipe is read first. */
  #lookAgain(): void {
    this.#unanswered = this.#deps.clock.after(LOOK_AGAIN_MS, () => this.kill('unanswered'));
  }

  #watchOver(pid: number | undefined): void {
    if (pid === undefined) return;
    const { machine, clock } = this.#deps;
    const { runId } = this.#folder;
    const { memory, heartbeatTimeout } = this.#plan;
    this.#listener.onStarted(pid, this.warm);
    this.#watch = machine.usage.watch(
      { runId, limitBytes: memory },
      {
        onUsage: (usage) => {
          this.#usage = usage;
        },
        onHigh: (pssBytes) => this.#listener.onMemoryHigh(pssBytes),
        onExceeded: () => this.kill('memory'),
      },
    );
    this.#liveness = new Liveness(clock, heartbeatTimeout, () => machine.members.demandMs(runId, pid), {
      onBusy: (busy) => this.#listener.onBusy(busy),
      onDead: (reason) => this.kill(reason),
    });
  }
}
