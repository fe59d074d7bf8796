import { isChat } from '../../spec/chat.ts';
import { payloadProblem } from '../../spec/envelope.ts';
import type { RoomEvent } from '../../spec/generated/command.ts';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { Past } from './past.ts';
import { type Connector, ConnectorError, type RoomParts } from './port.ts';
import { Timeline } from './room-clock.ts';

/**
 * A chat room that the supervisor serves. It tells what people do there, which is in the log already and goes on the bus
 * to be heard, not to be published again; what the bot says reaches people by its `room.message.sent`. It never ends by
 * itself.
 */
export class LocalRoom implements Connector {
  readonly clock: Timeline;
  readonly ended: Promise<string> = new Promise(() => {});
  readonly past: Past = new Past();
  readonly isChat = true;
  readonly #parts: RoomParts;
  #state: 'outside' | 'in' | 'left' = 'outside';

  constructor(parts: RoomParts) {
    this.clock = new Timeline(parts.clock, 1, parts.onError);
    this.#parts = parts;
  }

  join(): Promise<void> {
    this.#state = 'in';
    this.clock.start();
    return Promise.resolve();
  }

  send(_text: string): Promise<{ messageId: string }> {
    if (this.#state !== 'in') return Promise.reject(new ConnectorError('not in the room', false));
    return Promise.resolve({ messageId: this.#parts.newId() });
  }

  happened({ event, past }: RoomEvent): void {
    const { id, ts, topic, payload } = event;
    // What another version knows, or knows otherwise, is none of this bot's.
    if (this.#state !== 'in' || !isChat(topic)) return;
    const { clock, bus } = this.#parts;
    if (past) this.past.tell(topic, payload, clock.now() - ts);
    else if (payloadProblem(topic, payload) === undefined) {
      bus.receive({ id, ts, topic, specVersion, runtime: 'node', payload: payload as TopicPayloads[typeof topic] });
    }
  }

  leave(): Promise<void> {
    this.#state = 'left';
    this.clock.stop();
    return Promise.resolve();
  }
}
