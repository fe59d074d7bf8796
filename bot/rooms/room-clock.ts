import type { Clock, Timer } from '../../spec/runtime/clock.ts';

/** Time in the room: milliseconds since it began. */
export interface RoomClock {
  now(): number;
  /** Calls back once, when the room's time is `time`. */
  at(time: number, callback: () => void): Timer;
  /** Calls back every `ms` of room time, on the multiples of `ms`. */
  every(ms: number, callback: () => void): Timer;
}

interface Task {
  readonly time: number;
  readonly run: () => void;
}

/** What a task sets off may wait for itself so many times in a row. */
const SETTLING_TURNS = 16;
/** After so many tasks the event loop gets its turn. */
const TASKS_A_TURN = 64;
/** Milliseconds: what multiplying by the speed may lose must not make a task wait once more. */
const ROUNDING = 1e-6;

/**
 * A timeline that runs at `speed` times the wall clock's pace, on one timer. Tasks run strictly in the order of their
 * room time, then of their making, and see exactly that time: what happens depends on nothing but the timeline,
 * however late or bunched the timer fires.
 */
export class Timeline implements RoomClock {
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #onError: (error: unknown) => void;
  /** Sorted by time; there are only ever a few. */
  readonly #tasks: Task[] = [];
  #now = 0;
  #startedAt: number | undefined;
  #stopped = false;
  #running = false;
  #timer: Timer | undefined;

  constructor(clock: Clock, speed: number, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#speed = speed;
    this.#onError = onError;
  }

  /** Never goes back, and never beyond a task that hasn't run yet. */
  now(): number {
    if (!this.#running) this.#now = Math.max(this.#now, Math.min(this.#due(), this.#tasks[0]?.time ?? Infinity));
    return this.#now;
  }

  at(time: number, callback: () => void): Timer {
    const task = { time: Math.max(time, this.#now), run: callback };
    const before = this.#tasks.findIndex((other) => other.time > task.time);
    this.#tasks.splice(before < 0 ? this.#tasks.length : before, 0, task);
    this.#arm();
    return {
      cancel: () => {
        const index = this.#tasks.indexOf(task);
        if (index >= 0) this.#tasks.splice(index, 1);
      },
    };
  }

  every(ms: number, callback: () => void): Timer {
    let time = (Math.floor(this.now() / ms) + 1) * ms;
    const tick = () => {
      time += ms;
      timer = this.at(time, tick);
      callback();
    };
    let timer = this.at(time, tick);
    return { cancel: () => timer.cancel() };
  }

  /** Begins with the next turn of the event loop. */
  start(): void {
    this.#startedAt ??= this.#clock.monotonic();
    this.#arm();
  }

  /** The time stands still for ever. Idempotent. */
  stop(): void {
    this.now();
    this.#stopped = true;
    this.#timer?.cancel();
    this.#tasks.length = 0;
  }

  /** Where the room's time would be if all tasks were done. */
  #due(): number {
    if (this.#startedAt === undefined || this.#stopped) return this.#now;
    return (this.#clock.monotonic() - this.#startedAt) * this.#speed;
  }

  #arm(): void {
    const next = this.#tasks[0];
    this.#timer?.cancel();
    if (this.#startedAt === undefined || this.#stopped || this.#running || next === undefined) return;
    this.#timer = this.#clock.after(Math.max(0, (next.time - this.#due()) / this.#speed), () => void this.#run());
  }

  async #run(): Promise<void> {
    this.#running = true;
    const due = this.#due();
    for (let count = 0; count < TASKS_A_TURN && !this.#stopped; count++) {
      const next = this.#tasks[0];
      if (next === undefined || next.time > due + ROUNDING) break;
      this.#tasks.shift();
      this.#now = next.time;
      try {
        next.run();
      } catch (error) {
        this.#onError(error);
      }
      // What a task has set off and can go on at once comes before the next task, and sees its time.
      for (let turn = 0; turn < SETTLING_TURNS; turn++) await undefined;
    }
    this.#running = false;
    this.#arm();
  }
}
