import { type Connector, ConnectorError, type RoomParts } from './port.ts';
import { Timeline } from './room-clock.ts';

/** A simulated room that nobody else is in; it never ends by itself. */
export class LocalRoom implements Connector {
  readonly clock: Timeline;
  readonly ended: Promise<string> = new Promise(() => {});
  readonly #newId: () => string;
  #joined = false;

  constructor({ clock, newId, onError }: RoomParts) {
    this.clock = new Timeline(clock, 1, onError);
    this.#newId = newId;
  }

  join(): Promise<void> {
    this.#joined = true;
    this.clock.start();
    return Promise.resolve();
  }

  send(_text: string): Promise<{ messageId: string }> {
    if (!this.#joined) return Promise.reject(new ConnectorError('not in the room', false));
    return Promise.resolve({ messageId: this.#newId() });
  }

  leave(): Promise<void> {
    this.#joined = false;
    this.clock.stop();
    return Promise.resolve();
  }
}
