import type { Bus } from '../spec/runtime/bus.ts';
import { type Clock, sleep } from '../spec/runtime/clock.ts';
import { type Connector, ConnectorError, connectorError } from './rooms/port.ts';

export interface JoinParts {
  readonly bus: Bus;
  readonly clock: Clock;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
}

const ATTEMPTS = 3;
const BACKOFF_MS = 500;
const TIMEOUT_MS = 30_000;

/**
 * Joins the room, trying again after what may pass, with growing and jittered pauses. Resolves with false when the
 * signal aborts first; rejects with the last attempt's ConnectorError.
 */
export async function joinRoom(room: Connector, parts: JoinParts, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    if (signal.aborted) return false;
    const error = await joinOnce(room, parts, attempt, signal);
    // The wish to leave beats whatever came of the attempt.
    if (signal.aborted) return false;
    if (error === undefined) return true;
    parts.bus.publish('assistant.room.join.failed', { reason: error.message, retryable: error.retryable });
    if (!error.retryable || attempt === ATTEMPTS) throw error;
    await sleep(parts.clock, BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + parts.random() / 2), signal);
  }
}

async function joinOnce(
  room: Connector,
  { bus, clock }: JoinParts,
  attempt: number,
  signal: AbortSignal,
): Promise<ConnectorError | undefined> {
  const start = clock.monotonic();
  bus.publish('assistant.room.join.requested', { attempt });
  const given = new AbortController();
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = (error: ConnectorError) => {
    given.abort();
    reject(error);
  };
  const timer = clock.after(TIMEOUT_MS, () =>
    giveUp(new ConnectorError(`expected to be in the room within ${TIMEOUT_MS} ms`, true)),
  );
  const leave = () => giveUp(new ConnectorError('leaving', false));
  signal.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([room.join(given.signal), givenUp]);
    if (!signal.aborted) {
      bus.publish('assistant.room.join.succeeded', { elapsedMs: Math.round(clock.monotonic() - start) });
    }
    return undefined;
  } catch (error) {
    return connectorError(error);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', leave);
  }
}
