import { type JoinParts, joinRoom } from './join.ts';
import { type Connector, type ConnectorError, connectorError } from './rooms/port.ts';
import type { Stopping } from './stopping.ts';

export interface StayingParts extends JoinParts {
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** So many losses are too many, unless the bot was in for so long between them. */
const MAX_LOSSES = 5;
const SETTLED_MS = 60_000;

/**
 * Stays in a room that has been joined until that is over, or until it is time to leave. When the room is lost it is
 * joined again. `onPresence` is told whether the bot is in. Rejects with a ConnectorError when that doesn't help.
 */
export async function stayIn(
  room: Connector,
  parts: StayingParts,
  stopping: Stopping,
  onPresence: (inRoom: boolean) => void,
): Promise<void> {
  const { bus, clock, say } = parts;
  const connection = (state: 'interrupted' | 'connected') =>
    bus.publish('room.connection.changed', { state, at: Math.floor(room.clock.now()) });
  for (let losses = 0; ; ) {
    const since = clock.monotonic();
    onPresence(true);
    const error = await outcome(room, stopping);
    if (error === undefined) return;
    onPresence(false);
    losses = clock.monotonic() - since < SETTLED_MS ? losses + 1 : 1;
    if (!error.retryable || losses >= MAX_LOSSES) throw error;
    say(`the room is lost and joined again: ${error.message}`);
    connection('interrupted');
    if (!(await joinRoom(room, parts, stopping.signal))) return;
    connection('connected');
  }
}

/** Why the room is lost; undefined when it is over, or to be left. */
async function outcome(room: Connector, stopping: Stopping): Promise<ConnectorError | undefined> {
  try {
    const over = room.ended.then((reason) => stopping.begin(reason));
    await Promise.race([over, stopping.begun]);
    return undefined;
  } catch (error) {
    return connectorError(error);
  }
}
