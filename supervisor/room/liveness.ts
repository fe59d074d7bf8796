import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';

/** Of one processor: who uses less than that isn't computing. */
const BUSY_SHARE = 0.05;
/** So many half timeouts of silence, and being busy is no excuse any more: four timeouts. */
const LAST_MARK = 8;
/** A timer that is late by this share of the timeout: it is the supervisor that was away. */
const LATE = 0.1;
/** So often the event loop looks at the pipes before anybody is judged. */
const TURNS = 3;

export interface BusyBot {
  /** Milliseconds without a word. */
  readonly silentMs: number;
  /** Of one processor, in the second half of that. */
  readonly cpuShare: number;
  /** Milliseconds of silence at which it is killed nevertheless. */
  readonly killAfterMs: number;
}

export interface LivenessListener {
  /** Once a silence. */
  onBusy(busy: BusyBot): void;
  /** Once; nothing comes after it. */
  onDead(reason: 'silent' | 'busy'): void;
}

/** One stretch without a word. */
interface Silence {
  readonly since: number;
  /** Half timeouts that have been looked at. */
  mark: number;
  /** What the bot had used at the last mark. */
  used: { readonly cpuMs: number | undefined; readonly at: number } | undefined;
  /** Milliseconds more, because the supervisor was away. */
  extraMs: number;
  told: boolean;
}

/**
 * Tells a dead bot from a busy one. Dead is who has said nothing for a timeout and hasn't computed in the second half
 * of it. Who has is busy: it is looked at again each half timeout, and has four timeouts to say something. Nobody is
 * judged before what he may have said was read, nor for a time in which nobody listened. While suspended its clock
 * stands still.
 *
 * `probe` is asked what the bot has used so far, in milliseconds of processor time; undefined, when nobody can tell, is
 * no excuse.
 */
export class Liveness {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #probe: () => Promise<number | undefined>;
  readonly #listener: LivenessListener;
  #touchedAt: number;
  #silence: Silence;
  /** How long it had been silent when it was suspended. */
  #silentMs: number | undefined;
  #timer: Timer | undefined;
  #judging = false;
  #stopped = false;

  constructor(clock: Clock, timeoutMs: number, probe: () => Promise<number | undefined>, listener: LivenessListener) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#probe = probe;
    this.#listener = listener;
    this.#touchedAt = clock.monotonic();
    this.#silence = newSilence(this.#touchedAt);
    this.#arm();
  }

  /** Cheap: the timer is moved only when it fires. */
  touch(): void {
    if (this.#silentMs === undefined) this.#touchedAt = this.#clock.monotonic();
    else this.#silentMs = 0;
  }

  suspend(): void {
    if (this.#silentMs !== undefined) return;
    this.#silentMs = this.#clock.monotonic() - this.#touchedAt;
    this.#timer?.cancel();
  }

  /** The second half is always seen whole. */
  resume(): void {
    if (this.#silentMs === undefined) return;
    this.#touchedAt = this.#clock.monotonic() - Math.min(this.#silentMs, this.#timeoutMs / 2);
    this.#silence = newSilence(this.#touchedAt);
    this.#silentMs = undefined;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** When the next half of the timeout is over. */
  get #due(): number {
    const { since, mark, used, extraMs } = this.#silence;
    const half = this.#timeoutMs / 2;
    return Math.max(since + (mark + 1) * half + extraMs, (used?.at ?? since) + half);
  }

  #arm(): void {
    if (this.#stopped || this.#judging || this.#silentMs !== undefined) return;
    if (this.#silence.since !== this.#touchedAt) this.#silence = newSilence(this.#touchedAt);
    const left = this.#due - this.#clock.monotonic();
    this.#timer = this.#clock.after(Math.max(0, left), () => this.#fire());
  }

  #fire(): void {
    if (this.#silence.since !== this.#touchedAt || this.#clock.monotonic() < this.#due) {
      this.#arm();
      return;
    }
    this.#judging = true;
    void this.#judge(this.#silence).finally(() => {
      this.#judging = false;
      this.#arm();
    });
  }

  async #judge(silence: Silence): Promise<void> {
    const lateMs = this.#clock.monotonic() - this.#due;
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    if (!this.#isStill(silence)) return;
    if (lateMs > this.#timeoutMs * LATE && silence.extraMs === 0) {
      // The bot may have been away too: in half a timeout it has to say something.
      silence.extraMs = lateMs + this.#timeoutMs / 2;
      return;
    }
    const cpuMs = await this.#probe().catch(() => undefined);
    // Asking takes its time.
    if (!this.#isStill(silence)) return;
    const before = silence.used;
    silence.used = { cpuMs, at: this.#clock.monotonic() };
    silence.mark++;
    if (before !== undefined) this.#decide(silence, shareBetween(before, silence.used));
  }

  #isStill(silence: Silence): boolean {
    return (
      !this.#stopped && this.#silentMs === undefined && this.#silence === silence && silence.since === this.#touchedAt
    );
  }

  #decide(silence: Silence, cpuShare: number): void {
    if (cpuShare < BUSY_SHARE) this.#die('silent');
    else if (silence.mark >= LAST_MARK) this.#die('busy');
    else if (!silence.told) {
      silence.told = true;
      const silentMs = Math.round(this.#clock.monotonic() - silence.since);
      this.#listener.onBusy({ silentMs, cpuShare, killAfterMs: this.#timeoutMs * (LAST_MARK / 2) });
    }
  }

  #die(reason: 'silent' | 'busy'): void {
    this.stop();
    this.#listener.onDead(reason);
  }
}

function newSilence(since: number): Silence {
  return { since, mark: 0, used: undefined, extraMs: 0, told: false };
}

function shareBetween(before: NonNullable<Silence['used']>, after: NonNullable<Silence['used']>): number {
  if (before.cpuMs === undefined || after.cpuMs === undefined) return 0;
  return (after.cpuMs - before.cpuMs) / (after.at - before.at);
}
