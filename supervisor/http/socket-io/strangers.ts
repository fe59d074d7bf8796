import type { Clock, Timer } from '../../../spec/runtime/clock.ts';
import { type Connection, discard } from './discard.ts';

/** Connections may wait so long for their token to be sent … */
const CONNECT_MS = 10_000;
/** … and no more than so many at once, beside those that have shown theirs. */
const MAX_STRANGERS = 250;

/**
 * Connections that have shown no valid token yet. When there are too many the oldest goes, rather than that the newest
 * be refused: whoever has a token shows it at once.
 */
export class Strangers {
  readonly #clock: Clock;
  readonly #waiting = new Map<Connection, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(conn: Connection): void {
    this.#waiting.set(
      conn,
      this.#clock.after(CONNECT_MS, () => this.#drop(conn)),
    );
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_STRANGERS && oldest !== undefined) this.#drop(oldest);
  }

  /** It is one no more, or is gone. Idempotent. */
  delete(conn: Connection): void {
    this.#waiting.get(conn)?.cancel();
    this.#waiting.delete(conn);
  }

  #drop(conn: Connection): void {
    this.delete(conn);
    discard(conn);
  }
}
