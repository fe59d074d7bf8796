import type { Command } from '../../spec/command.ts';
import type { NamedLayer } from '../../spec/compose.ts';
import { type Envelope, isOf, type Parsed } from '../../spec/envelope.ts';
import type { Timer } from '../../spec/runtime/clock.ts';
import type { Exit } from '../child/port.ts';
import type { Brought, RoomPolicy, RoomState, RoomView, StopReason, Told } from './api.ts';
import { Attempts } from './attempts.ts';
import { paceOf } from './connectors.ts';
import { endRun } from './ending.ts';
import { JudgedRoom } from './enforcement/judged-room.ts';
import { Policing } from './enforcement/policing.ts';
import type { Quarantine } from './enforcement/quarantine.ts';
import { RoomLimits } from './limits.ts';
import type { RoomPlan } from './plan.ts';
import { type Past, type Resumable, resumeKey } from './resumable.ts';
import { Run, type RunDeps } from './run.ts';
import { assertMove, canMove, isFinal } from './state.ts';
import { policyKey, roomKey, Tally, viewRoom } from './view.ts';
import type { Pools } from './warm/pools.ts';

export interface RoomDeps extends RunDeps {
  readonly random: () => number;
  readonly pools: Pools;
  /** Whether the bot of an earlier supervisor may still be in that room. */
  readonly isLeft: (roomId: string) => boolean;
  readonly quarantine: Quarantine;
  /** The room has ended, with the event at that offset: resolves when all that it did has been judged. */
  readonly concluded: (roomId: string, offset: number) => Promise<void>;
}

/** Of its runs a room remembers so many across the end of the supervisor. */
const MAX_RUNS_KEPT = 100;
/** What a bot gives as the reason when it was put out of its call, see spec/bot-protocol.md. */
const EJECTED = 'ejected';

/**
 * One room: its state, its current run, and why it ended. A run that crashes is followed by another; the first
 * cause to end the room wins. Every change of state is an event, and the room's view commits with it.
 */
export class Room {
  readonly plan: RoomPlan;
  /** What the enforcer sees of it. */
  readonly judged: JudgedRoom;
  /** Resolves when the room has ended and that is on disk. */
  readonly done: Promise<void>;
  readonly #deps: RoomDeps;
  readonly #attempts: Attempts;
  readonly #startedAt: number;
  readonly #limits: RoomLimits;
  readonly #tally = new Tally();
  readonly #runIds: Set<string>;
  readonly #policing: Policing;
  #state: RoomState | 'none' = 'none';
  #run: Run;
  #lastEventAt: number | null = null;
  #stopReason: StopReason | undefined;
  #stop: RoomView['stop'] = null;
  /** While the bot of an earlier supervisor may be here: resolves when it isn't any more. */
  #gone: Promise<void> | undefined;
  #joinFailed = false;
  #ejected = false;
  #backoff: Timer | undefined;
  #ending: { cancel(): void } | undefined;
  #resolveDone: () => void = () => {};

  /**
   * `onDone` is called when the room has ended, that is on disk, and all it did has been judged, before `done` resolves. A room with a `past` is one
   * that an earlier supervisor had; it backs off until `resume`.
   */
  constructor(deps: RoomDeps, plan: RoomPlan, onDone: () => void, past?: Past) {
    this.plan = plan;
    this.#deps = deps;
    this.#attempts = new Attempts(plan.restart, deps.random);
    this.#startedAt = past?.startedAt ?? deps.clock.now();
    this.#lastEventAt = past?.lastEventAt ?? null;
    this.#runIds = new Set(past?.runIds);
    if (past !== undefined) this.#tally.add(past.counts);
    const lastedMs = deps.clock.now() - this.#startedAt;
    this.#limits = new RoomLimits(deps.clock, plan.limits, (reason) => this.stop(reason), lastedMs);
    this.done = new Promise((resolve) => {
      this.#resolveDone = () => {
        onDone();
        resolve();
      };
    });
    this.#policing = this.#newPolicing(past);
    this.judged = this.#newJudged();
    this.#run = this.#newRun((past?.attempt ?? 0) + 1, past !== undefined);
    this.#gone = past?.gone;
    if (past === undefined) this.#begin('requested');
    else {
      this.#state = 'backing_off';
      deps.telemetry.roomTakenUp(this.#state);
    }
  }

  get ended(): boolean {
    return this.#state !== 'none' && isFinal(this.#state);
  }

  /** Told to leave, and not gone yet. */
  get stopping(): boolean {
    return this.#state === 'stopping';
  }

  get policy(): RoomPolicy {
    return this.#policing.view;
  }

  /** The bot of the earlier supervisor has gone: another takes its place, unless the room was stopped meanwhile. */
  resume(): void {
    this.#gone = undefined;
    if (this.#state !== 'backing_off') return;
    // It may have been restricted since the run was made.
    this.#policing.onRun(this.#run.runId);
    this.#begin('resumed');
  }

  /** Begins to end the room. Idempotent; the first reason is the one that is kept. */
  stop(reason: StopReason): void {
    if (this.ended || this.#state === 'stopping') return;
    this.#stopReason = reason;
    const over = () => this.#end(this.#finalState('stopped'), reason, { code: null, signal: null });
    if (this.#gone !== undefined) {
      // It has no bot of ours, but it may have one still.
      this.#move('stopping', reason);
      void this.#gone.then(over);
      return;
    }
    if (this.#state === 'backing_off') {
      this.#backoff?.cancel();
      over();
      return;
    }
    this.#move('stopping', reason);
    this.#ending = endRun(this.#run, reason, this.plan.shutdownGrace, this.#deps.clock);
  }

  /** Ends the room at once, by force. */
  kill(reason: StopReason): void {
    this.stop(reason);
    this.#run.kill('deadline');
  }

  /** False when there is no bot to take it. */
  send(command: Command): boolean {
    return !this.ended && this.#state !== 'backing_off' && this.#run.send(command);
  }

  /** An event of its people, or of a service, at the end of its log; see `Rooms.bring`. */
  bring(parsed: Parsed, by: string, following?: readonly Parsed[]): Promise<Brought> | Brought {
    if (this.ended) return { kind: 'ended' };
    const { intake, runId } = this.#run;
    if (intake.pressed) return { kind: 'busy' };
    const committed = intake.bring(parsed, by, following);
    if (committed === undefined) return { kind: 'repeated' };
    this.#lastEventAt = this.#deps.clock.now();
    this.#limits.onEvent(parsed.envelope, 'brought');
    return committed.then((offset) => ({ kind: 'brought', offset, runId }));
  }

  /** See `LocalRooms`. */
  tell(runId: string, told: Told, past?: true): void {
    if (!this.ended && this.#run.runId === runId) this.#run.tell(told, past);
  }

  present(participantIds: Iterable<string>): void {
    if (!this.ended) this.#limits.present(participantIds);
  }

  /** The layers of its policy have changed. */
  reload(layers: readonly NamedLayer[]): void {
    if (!this.ended) this.#policing.reload(layers);
  }

  view(): RoomView {
    return viewRoom(this.plan, this.#run, {
      state: this.#state === 'none' ? 'starting' : this.#state,
      tally: this.#tally,
      startedAt: this.#startedAt,
      lastEventAt: this.#lastEventAt,
      policyVersion: this.#policing.snapshot.policyVersion,
      stop: this.#stop,
    });
  }

  /** `cold`: not with a process that waits. */
  #newRun(attempt: number, cold: boolean): Run {
    const { request, bot, heartbeatTimeout, limits } = this.plan;
    const { snapshot } = this.#policing;
    const run = new Run(
      this.#deps,
      {
        request,
        attempt,
        bot,
        snapshot,
        heartbeatTimeout,
        memory: limits.memory,
        endsAt: this.#startedAt + limits.maxDuration,
      },
      {
        onEnvelope: (envelope) => this.#onEnvelope(envelope),
        onPressure: (high) => {
          this.#limits.onPressure(high);
          this.#policing.onPressure(high);
        },
      },
      cold ? undefined : this.#deps.pools.take(request.bot),
    );
    this.#runIds.add(run.runId);
    this.#policing.onRun(run.runId);
    return run;
  }

  #newPolicing(past: Past | undefined): Policing {
    const { layers, policy, request } = this.plan;
    const { roomId } = request;
    const { clock, telemetry } = this.#deps;
    return new Policing({
      clock,
      telemetry,
      roomId,
      layers,
      composed: policy,
      restrictions: past?.restrictions ?? [],
      pace: paceOf(request),
      hand: (snapshot) => this.#run.replacePolicy(snapshot),
      send: (command) => this.send(command),
      received: () => this.#run.intake.counts.events,
      onApplied: (applied) => {
        void this.#run.intake.publish('supervisor.policy.applied', applied, () => ({
          [policyKey(roomId)]: this.policy,
          [roomKey(roomId)]: this.view(),
        }));
      },
      onViolation: (violation) => this.#run.intake.publish('conversation.policy.violation', violation),
    });
  }

  #newJudged(): JudgedRoom {
    const { roomId } = this.plan.request;
    return new JudgedRoom({
      ...this.#deps,
      roomId,
      policing: this.#policing,
      ran: (runId) => this.#runIds.has(runId),
      isIdle: () => this.#run.intake.idle,
      send: (command) => this.send(command),
      stop: (reason) => this.stop(reason),
      resumable: (ending) => (this.ended ? {} : { [resumeKey(roomId)]: this.#resumable(ending) }),
      publish: (payload, documents) => this.#run.intake.publish('supervisor.policy.enforced', payload, documents),
    });
  }

  #begin(cause: 'requested' | 'resumed' | 'restart'): void {
    if (cause !== 'restart') {
      const applied = this.#policing.applied(cause === 'requested' ? 'started' : 'resumed');
      this.#run.intake.note('supervisor.policy.applied', applied);
    }
    this.#move('starting', cause);
    void this.#live();
  }

  async #live(): Promise<void> {
    const exit = await this.#run.live();
    this.#ending?.cancel();
    this.#policing.onRunEnd();
    const circumstances = {
      stopping: this.#stopReason,
      killed: this.#run.killedFor,
      unanswered: this.#run.unanswered,
      joinFailed: this.#joinFailed,
      ejected: this.#ejected,
    };
    const next = this.#attempts.after(exit, circumstances, this.#deps.clock.monotonic());
    this.#tellExit(exit, next.reason);
    if (next.kind === 'over') this.#end(this.#finalState(next.state), next.reason, exit);
    else if (next.kind === 'again') this.#scheduleRestart(next.reason, next.delayMs);
    else this.#giveUp(next, exit);
  }

  #tellExit({ code, signal }: Exit, reason: string): void {
    const uptimeMs = Math.round(this.#deps.clock.monotonic() - this.#run.startedAt);
    const stderr = [...this.#run.stderr];
    this.#deps.telemetry.botExited(this.plan.request.roomId, { code, signal, reason, uptimeMs });
    void this.#run.intake.publish('supervisor.bot.exited', { code, signal, reason, uptimeMs, stderr });
  }

  #giveUp({ attempts, windowMs }: { attempts: number; windowMs: number }, exit: Exit): void {
    this.#deps.telemetry.botGaveUp(this.plan.request.roomId, attempts, windowMs);
    void this.#run.intake.publish('supervisor.bot.gave_up', { attempts, windowMs });
    this.#end('failed', this.#joinFailed ? 'join_failed' : 'crash_loop', exit);
  }

  #scheduleRestart(cause: string, delayMs: number): void {
    const attempt = this.#run.plan.attempt + 1;
    this.#deps.telemetry.botRestarting(this.plan.request.roomId, attempt, delayMs);
    void this.#run.intake.publish('supervisor.bot.restarting', { attempt, delayMs });
    this.#move('backing_off', cause);
    this.#backoff = this.#deps.clock.after(delayMs, () => this.#restart(attempt));
  }

  #restart(attempt: number): void {
    this.#tally.add(this.#run.intake.counts);
    this.#joinFailed = false;
    this.#ejected = false;
    this.#limits.onRestart();
    this.#run = this.#newRun(attempt, this.#attempts.cold);
    this.#begin('restart');
  }

  #finalState(state: 'stopped' | 'failed'): 'stopped' | 'failed' | 'quarantined' {
    return this.judged.quarantined && (this.#state === 'stopping' || this.#state === 'backing_off')
      ? 'quarantined'
      : state;
  }

  #end(state: 'stopped' | 'failed' | 'quarantined', reason: StopReason, { code, signal }: Exit): void {
    this.#limits.stop();
    this.#stop = { reason, code, signal, stderr: [...this.#run.stderr] };
    const told = this.#move(state, reason);
    const judged = told.then((offset) => this.#deps.concluded(this.plan.request.roomId, offset));
    judged.then(this.#resolveDone, this.#resolveDone);
  }

  #onEnvelope(envelope: Envelope): void {
    const { topic } = envelope;
    this.#lastEventAt = this.#deps.clock.now();
    this.#limits.onEvent(envelope);
    if (topic === 'assistant.room.join.requested') this.#advance('joining');
    else if (topic === 'assistant.room.join.succeeded') this.#advance('live');
    else if (topic === 'assistant.room.join.failed') this.#joinFailed = true;
    else if (isOf(envelope, 'assistant.session.ended')) this.#ejected = envelope.payload.reason === EJECTED;
    else if (isOf(envelope, 'conversation.policy.loaded')) this.#policing.onLoaded(envelope.payload.policyVersion);
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
    const { roomId } = this.plan.request;
    this.#deps.telemetry.roomStateChanged(roomId, from, to, cause);
    return this.#run.intake.publish('supervisor.room.state.changed', { from, to, cause }, () => ({
      [roomKey(roomId)]: this.view(),
      ...(((to === 'starting' && cause !== 'restart') || isFinal(to)) && { [policyKey(roomId)]: this.policy }),
      ...(isFinal(to) && { [resumeKey(roomId)]: null }),
      ...((to === 'starting' || to === 'stopping') && { [resumeKey(roomId)]: this.#resumable() }),
    }));
  }

  /** What another supervisor needs to bring this room back, or to say why it ended. */
  #resumable(stopping: StopReason | null = null): Resumable {
    const runIds = [...this.#runIds].slice(-MAX_RUNS_KEPT);
    const { restrictions } = this.#policing;
    const { asked, request } = this.plan;
    const { assistant } = request;
    return { request: asked, assistant, runIds, stopping: this.#stopReason ?? stopping, restrictions };
  }
}
