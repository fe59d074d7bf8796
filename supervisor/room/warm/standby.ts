import { MAX_LINE_BYTES } from '../../../spec/limits.ts';
import type { Timer } from '../../../spec/runtime/clock.ts';
import type { Child, ChildListener, Exit } from '../../child/port.ts';
import { passedOn, runVariables } from '../environment.ts';
import type { RunFolder } from '../run-folder.ts';
import type { UsageWatch } from '../usage.ts';
import { type Loss, reasonOf } from './loss.ts';
import type { DismissReason, LossReason, WarmDeps, WarmPlan } from './port.ts';
import { Pulse } from './pulse.ts';
import { Switchboard } from './switchboard.ts';

/** Between the shutdown command and force. */
const GRACE_MS = 1_000;
/** A process that has missed so many heartbeats gets no room. */
const MISSED_BEATS = 2;

export interface StandbyListener {
  /** `ms` after its process was started. */
  onReady(ms: number): void;
  /** It left, or had to be killed, and nobody had told it to. */
  onLost(loss: Loss): void;
  /** Its folder can't be removed. */
  onFolderStays(error: unknown): void;
}

/** What a room gets: its own from then on, to end and to remove. */
export interface Adopted {
  readonly child: Child;
  /** Made, and empty but for what the process may have put there. */
  readonly folder: RunFolder;
  /** Resolves when it is noted whose the process is: to be awaited before the folder is removed. Never rejects. */
  readonly recorded: Promise<void>;
  /** What it wrote there while it waited, the last lines. */
  readonly stderr: readonly string[];
  /** How many lines on stdout it wrote while it waited that were no heartbeats. */
  readonly strays: number;
}

/**
 * One process that waits for a room. It is a run from the start, with its id, folder and process group; only the room
 * comes later. Times are monotonic milliseconds.
 *
 *     starting ─▶ ready ─▶ claimed: its room ends it
 *         └─────────┴────▶ leaving ─▶ ended
 */
export class Standby {
  readonly folder: RunFolder;
  readonly #deps: WarmDeps;
  readonly #plan: WarmPlan;
  readonly #listener: StandbyListener;
  readonly #env: Readonly<Record<string, string>>;
  readonly #lines: Switchboard;
  readonly #up = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #state: 'starting' | 'ready' | 'claimed' | 'leaving' | 'ended' = 'starting';
  #begun = false;
  #startedAt: number;
  #readyAt = Infinity;
  #claimedAt = Infinity;
  #child: Child | undefined;
  #recorded: Promise<void> = Promise.resolve();
  #pulse: Pulse | undefined;
  #memory: UsageWatch | undefined;
  #force: Timer | undefined;

  constructor(deps: WarmDeps, plan: WarmPlan, listener: StandbyListener) {
    this.#deps = deps;
    this.#plan = plan;
    this.#listener = listener;
    this.#startedAt = deps.clock.monotonic();
    this.folder = deps.newFolder();
    this.#env = {
      ...passedOn(plan.env, deps.env),
      ...runVariables(this.folder, plan.heartbeatTimeout),
      ROOMD_WARM: '1',
    };
    this.#lines = new Switchboard(
      () => this.#onHeartbeat(),
      () => this.#kill('noisy'),
    );
  }

  /** When its process was started; before that, when it was asked for. */
  get startedAt(): number {
    return this.#startedAt;
  }

  get readyAt(): number {
    return this.#readyAt;
  }

  get claimedAt(): number {
    return this.#claimedAt;
  }

  /** Whether a room may have it. */
  isFit(now: number): boolean {
    const silentFor = this.#pulse?.silentFor(now) ?? Infinity;
    return this.#state === 'ready' && silentFor <= MISSED_BEATS * Number(this.#env.ROOMD_HEARTBEAT_MS);
  }

  /** Starts the process in its turn. Resolves when nothing of it is left, or when it was claimed. Never rejects. */
  live(): Promise<void> {
    const { start = (work) => work() } = this.#deps;
    const onReturn = (why: string) => {
      if (!this.#begun) void this.#end({ code: null, signal: null, error: why });
    };
    start(() => this.#start()).then(
      () => onReturn('it got no turn to start'),
      (error: Error) => onReturn(error.message),
    );
    // Not the turn: whoever is sent away while it waits for that is over at once.
    return this.#over.promise;
  }

  /** From here on nobody watches it but who claimed it. Throws when it isn't ready. */
  claim(): void {
    if (this.#state !== 'ready') throw new Error(`expected a process that is ready, got one that is ${this.#state}`);
    this.#leaveAs('claimed');
    this.#claimedAt = this.#deps.clock.monotonic();
    this.#over.resolve();
  }

  /** What it writes from now on goes to `listener`. Throws unless it was claimed, and the second time. */
  adopt(listener: ChildListener): Adopted {
    const child = this.#child;
    if (this.#state !== 'claimed' || child === undefined) {
      throw new Error(`expected a process that was claimed, got one that is ${this.#state}`);
    }
    this.#lines.connect(listener);
    const { stderr, strays } = this.#lines;
    return { child, folder: this.folder, recorded: this.#recorded, stderr, strays };
  }

  /** Tells it to leave, and makes it after a second. Does nothing once it was claimed or is leaving. */
  dismiss(reason: DismissReason): void {
    if (!this.#isWaiting) return;
    this.#leaveAs('leaving');
    if (!this.#begun) void this.#end({ code: null, signal: null });
    const child = this.#child;
    if (child === undefined) return;
    if (!child.send({ type: 'shutdown', reason, deadlineMs: GRACE_MS })) child.signal('SIGTERM');
    this.#force = this.#deps.clock.after(GRACE_MS, () => child.signal('SIGKILL'));
  }

  get #isWaiting(): boolean {
    return this.#state === 'starting' || this.#state === 'ready';
  }

  async #start(): Promise<void> {
    // It may have been sent away before its turn came.
    if (!this.#isWaiting) return;
    this.#begun = true;
    try {
      await this.folder.make();
      // Or while its folder was made.
      if (this.#isWaiting) this.#launch();
      else void this.#end({ code: null, signal: null });
    } catch (error) {
      void this.#end({ code: null, signal: null, error: (error as Error).message });
    }
    await this.#up.promise;
  }

  #launch(): void {
    const { launch, clock, record } = this.#deps;
    const { path } = this.folder;
    this.#startedAt = clock.monotonic();
    const spec = { command: this.#plan.command, env: this.#env, cwd: path, maxLineBytes: MAX_LINE_BYTES };
    const child = launch(spec, this.#lines);
    this.#child = child;
    void child.exited.then((exit) => this.#end(exit));
    this.#pulse = new Pulse(clock, this.#plan.heartbeatTimeout, () => {
      this.#kill(this.#state === 'starting' ? 'not_ready' : 'silent');
    });
    this.#recorded = record?.(child.pid, this.folder) ?? this.#recorded;
    if (child.pid !== undefined) this.#watchMemory();
  }

  #watchMemory(): void {
    const { memory: limitBytes } = this.#plan;
    this.#memory = this.#deps.watchMemory?.({ runId: this.folder.runId, limitBytes }, (pssBytes) =>
      this.#kill('memory', { pssBytes, limitBytes }),
    );
  }

  #onHeartbeat(): void {
    this.#pulse?.beat();
    if (this.#state !== 'starting') return;
    const now = this.#deps.clock.monotonic();
    this.#state = 'ready';
    this.#readyAt = now;
    this.#up.resolve();
    this.#listener.onReady(now - this.#startedAt);
  }

  #kill(reason: LossReason, memory?: Loss['memory']): void {
    if (!this.#isWaiting) return;
    const wasReady = this.#state === 'ready';
    this.#leaveAs('leaving');
    this.#child?.signal('SIGKILL');
    this.#tellLoss({ reason, wasReady, ...(memory !== undefined && { memory }) });
  }

  /** Nothing that is left to happen by itself may happen any more. */
  #leaveAs(state: 'claimed' | 'leaving' | 'ended'): void {
    this.#state = state;
    this.#up.resolve();
    this.#pulse?.stop();
    this.#memory?.stop();
    this.#force?.cancel();
  }

  async #end(exit: Exit): Promise<void> {
    if (this.#state === 'claimed' || this.#state === 'ended') return;
    const wasWaiting = this.#isWaiting;
    const wasReady = this.#state === 'ready';
    this.#leaveAs('ended');
    if (wasWaiting) this.#tellLoss({ reason: reasonOf(exit), wasReady, exit });
    if (this.#child !== undefined) await this.#deps.reap?.(this.folder.runId);
    await this.#recorded;
    await this.folder.remove().catch((error: unknown) => this.#listener.onFolderStays(error));
    this.#over.resolve();
  }

  #tellLoss(loss: Omit<Loss, 'livedMs' | 'stderr'>): void {
    const livedMs = this.#deps.clock.monotonic() - this.#startedAt;
    this.#listener.onLost({ ...loss, livedMs, stderr: this.#lines.stderr });
  }
}
