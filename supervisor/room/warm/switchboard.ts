import { Ring } from '../../../spec/runtime/ring.ts';
import type { ChildListener, LineFault } from '../../child/port.ts';
import { isHeartbeat } from '../heartbeat-line.ts';

const STDERR_LINES = 50;
/** A process that waits has nothing to say; one that says more than this would cost more than it saves. */
const MAX_STRAYS = 1_000;

/** Where the lines of a process go: here while it waits, to its room from then on. None is lost between, none doubled. */
export class Switchboard implements ChildListener {
  readonly #onHeartbeat: () => void;
  readonly #onNoise: () => void;
  readonly #stderr = new Ring<string>(STDERR_LINES);
  #strays = 0;
  #taker: ChildListener | undefined;

  /** `onNoise` is called when the process has written far too much. */
  constructor(onHeartbeat: () => void, onNoise: () => void) {
    this.#onHeartbeat = onHeartbeat;
    this.#onNoise = onNoise;
  }

  /** The last lines that came before it was connected. */
  get stderr(): readonly string[] {
    return [...this.#stderr];
  }

  /** Lines on stdout that were dropped, since they were no heartbeats. */
  get strays(): number {
    return this.#strays;
  }

  /** Throws the second time: a process has one room. */
  connect(taker: ChildListener): void {
    if (this.#taker !== undefined) throw new Error('expected a process without a room, got one that has one');
    this.#taker = taker;
  }

  onLine(line: string): void {
    if (this.#taker !== undefined) this.#taker.onLine(line);
    else if (isHeartbeat(line)) this.#onHeartbeat();
    else this.#stray();
  }

  onFault(fault: LineFault, bytes: number): void {
    if (this.#taker !== undefined) this.#taker.onFault(fault, bytes);
    else this.#stray();
  }

  onStderr(line: string): void {
    if (this.#taker !== undefined) this.#taker.onStderr(line);
    else this.#stderr.push(line);
  }

  #stray(): void {
    if (++this.#strays > MAX_STRAYS) this.#onNoise();
  }
}
