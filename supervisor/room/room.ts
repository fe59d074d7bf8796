import type { Command } from '../../spec/command.ts';
import type { Envelope } from '../../spec/envelope.ts';
import type { EnforcementAction } from '../../spec/policy.ts';
import type { Timer } from '../../spec/runtime/clock.ts';
import type { Exit } from '../child/port.ts';
import type { ComposedSnapshot } from '../policy/snapshot.ts';
import type { RoomState, RoomView, StopReason } from './api.ts';
import { endRun } from './ending.ts';
import { judgeExit, type Verdict } from './exit.ts';
import { RoomLimits } from './limits.ts';
import type { RoomPlan } from './plan.ts';
import { RestartBudget } from './restart-budget.ts';
import { Run, type RunDeps } from './run.ts';
import { assertMove, canMove, isFinal } from './state.ts';
import { policyKey, roomKey, Tally, viewRoom } from './view.ts';

export interface RoomDeps extends RunDeps {
  readonly random: () => number;
}

/**
 * One room: its state, its current run, and why it ended. A run that crashes is followed by another; the first
 * cause to end the room wins. Every change of state is an event, and the room's view commits with it.
 */
export class Room {
  readonly plan: RoomPlan;
  /** Resolves when the room has ended and that is on disk. */
  readonly done: Promise<void>;
  readonly #deps: RoomDeps;
  readonly #budget: RestartBudget;
  readonly #startedAt: number;
  readonly #limits: RoomLimits;
  readonly #tally = new Tally();
  readonly #runIds = new Set<string>();
  #state: RoomState | 'none' = 'none';
  #run: Run;
  #lastEventAt: number | null = null;
  #stopReason: StopReason | undefined;
  #stop: RoomView['stop'] = null;
  #killed: string | undefined;
  #joinFailed = false;
  #backoff: Timer | undefined;
  #ending: { cancel(): void } | undefined;
  #resolveDone: () => void = () => {};

  /** `onDone` is called when the room has ended and that is on disk, before `done` resolves. */
  constructor(deps: RoomDeps, plan: RoomPlan, onDone: () => void) {
    this.plan = plan;
    this.#deps = deps;
    this.#budget = new RestartBudget(plan.restart, deps.random);
    this.#startedAt = deps.clock.now();
    this.#limits = new RoomLimits(deps.clock, plan.limits, (reason) => this.stop(reason));
    this.done = new Promise((resolve) => {
      this.#resolveDone = () => {
        onDone();
        resolve();
      };
    });
    this.#run = this.#newRun(1);
    this.#move('starting', 'requested');
    void this.#live();
  }

  get ended(): boolean {
    return this.#state !== 'none' && isFinal(this.#state);
  }

  /** Told to leave, and not gone yet. */
  get stopping(): boolean {
    return this.#state === 'stopping';
  }

  get policy(): ComposedSnapshot {
    return this.plan.policy;
  }

  /** Begins to end the room. Idempotent; the first reason is the one that is kept. */
  stop(reason: StopReason): void {
    if (this.ended || this.#state === 'stopping') return;
    this.#stopReason = reason;
    if (this.#state === 'backing_off') {
      this.#backoff?.cancel();
      this.#end('stopped', this.#stopReason, { code: null, signal: null });
      return;
    }
    this.#move('stopping', this.#stopReason);
    this.#ending = endRun(this.#run, this.#stopReason, this.plan.shutdownGrace, this.#deps.clock);
  }

  /** Ends the room at once, by force. */
  kill(reason: StopReason): void {
    this.stop(reason);
    this.#run.kill('deadline');
  }

  /** Whether a run was one of this room's. */
  ran(runId: string | undefined): boolean {
    return runId !== undefined && this.#runIds.has(runId);
  }

  /** False when there is no bot to take it. */
  send(command: Command): boolean {
    return !this.ended && this.#state !== 'backing_off' && this.#run.send(command);
  }

  /** Acts on a violation; `causeId` is the id of its event. */
  enforce(action: EnforcementAction, rule: string, causeId: string): void {
    const { policyVersion } = this.policy;
    this.#deps.telemetry.policyEnforced(this.plan.request.roomId, action, rule, causeId);
    void this.#run.intake.publish('supervisor.policy.enforced', { action, rule, causeId, policyVersion });
    if (action === 'warn') this.send({ type: 'policy.warn', rule, causeId });
    else if (action === 'terminate') this.stop('policy');
  }

  view(): RoomView {
    return viewRoom(this.plan, this.#run, {
      state: this.#state === 'none' ? 'starting' : this.#state,
      tally: this.#tally,
      startedAt: this.#startedAt,
      lastEventAt: this.#lastEventAt,
      stop: this.#stop,
    });
  }

  #newRun(attempt: number): Run {
    const { request, bot, policy: snapshot, heartbeatTimeout } = this.plan;
    const run = new Run(
      this.#deps,
      { request, attempt, bot, snapshot, heartbeatTimeout },
      {
        onEnvelope: (envelope) => this.#onEnvelope(envelope),
        onSilence: () => {
          this.#killed = 'heartbeat_timeout';
        },
        onPressure: (high) => this.#limits.onPressure(high),
      },
    );
    this.#runIds.add(run.runId);
    return run;
  }

  async #live(): Promise<void> {
    const exit = await this.#run.live();
    this.#ending?.cancel();
    const verdict = judgeExit(exit, {
      stopping: this.#stopReason,
      killed: this.#killed,
      joinFailed: this.#joinFailed,
    });
    this.#tellExit(exit, verdict);
    if (verdict.kind === 'over') this.#end(verdict.state, verdict.reason, exit);
    else this.#backOff(verdict.reason, exit);
  }

  #tellExit(exit: Exit, { reason }: Verdict): void {
    const { code, signal } = exit;
    const uptimeMs = Math.round(this.#deps.clock.monotonic() - this.#run.startedAt);
    const stderr = [...this.#run.stderr];
    this.#deps.telemetry.botExited(this.plan.request.roomId, { code, signal, reason, uptimeMs });
    void this.#run.intake.publish('supervisor.bot.exited', { code, signal, reason, uptimeMs, stderr });
  }

  #backOff(cause: string, exit: Exit): void {
    const { roomId } = this.plan.request;
    const { telemetry, clock } = this.#deps;
    const { intake, plan } = this.#run;
    const delayMs = this.#budget.take(clock.monotonic());
    if (delayMs === undefined) {
      const gaveUp = { attempts: this.#budget.used + 1, windowMs: this.plan.restart.window };
      telemetry.botGaveUp(roomId, gaveUp.attempts, gaveUp.windowMs);
      void intake.publish('supervisor.bot.gave_up', gaveUp);
      this.#end('failed', this.#joinFailed ? 'join_failed' : 'crash_loop', exit);
      return;
    }
    const attempt = plan.attempt + 1;
    telemetry.botRestarting(roomId, attempt, delayMs);
    void intake.publish('supervisor.bot.restarting', { attempt, delayMs });
    this.#move('backing_off', cause);
    this.#backoff = clock.after(delayMs, () => this.#restart(attempt));
  }

  #restart(attempt: number): void {
    this.#tally.add(this.#run.intake.counts);
    this.#killed = undefined;
    this.#joinFailed = false;
    this.#run = this.#newRun(attempt);
    this.#move('starting', 'restart');
    void this.#live();
  }

  #end(state: 'stopped' | 'failed', reason: StopReason, { code, signal }: Exit): void {
    this.#limits.stop();
    this.#stop = { reason, code, signal, stderr: [...this.#run.stderr] };
    const told = this.#move(state, reason);
    told.then(this.#resolveDone, this.#resolveDone);
  }

  #onEnvelope({ topic }: Envelope): void {
    this.#lastEventAt = this.#deps.clock.now();
    this.#limits.onEvent(topic);
    if (topic === 'assistant.room.join.requested') this.#advance('joining');
    else if (topic === 'assistant.room.join.succeeded') this.#advance('live');
    else if (topic === 'assistant.room.join.failed') this.#joinFailed = true;
  }

  /** What a bot says of its joining moves the room only where the table has the move. */
  #advance(to: 'joining' | 'live'): void {
    this.#joinFailed = false;
    if (this.#state !== 'none' && canMove(this.#state, to)) this.#move(to, 'bot');
  }

  /** The one setter of the state. Resolves when the change is on disk. */
  #move(to: RoomState, cause: string): Promise<number> {
    const from = this.#state;
    if (from !== 'none') assertMove(from, to);
    this.#state = to;
    this.#deps.telemetry.roomStateChanged(this.plan.request.roomId, from, to, cause);
    const payload = { from, to, cause };
    return this.#run.intake.publish('supervisor.room.state.changed', payload, () => ({
      [roomKey(this.plan.request.roomId)]: this.view(),
      ...(from === 'none' && { [policyKey(this.plan.request.roomId)]: this.policy }),
    }));
  }
}
