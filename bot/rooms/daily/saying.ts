import type { Clock } from '../../../spec/runtime/clock.ts';
import { ConnectorError, connectorError, type RoomParts, type Sent } from '../port.ts';
import { chatParts, textOf } from './chat-parts.ts';
import type { PageLink } from './page-link.ts';

/** Whoever leaves waits so long for the message on its way. */
const PATIENCE_MS = 1_000;

/** Puts texts into a call, each as one message or as several. */
export class Saying {
  readonly #parts: Pick<RoomParts, 'clock' | 'newId' | 'say'>;
  readonly #orderMs: number;
  /** The newest text. */
  #sending: Promise<Sent> | undefined;
  #stopped = false;

  /** A page that doesn't take a message within `orderMs` is lost. */
  constructor(parts: Pick<RoomParts, 'clock' | 'newId' | 'say'>, orderMs: number) {
    this.#parts = parts;
    this.#orderMs = orderMs;
  }

  /** Rejects with a ConnectorError when nothing of it is in the call. `page` throws one where there is no call. */
  send(page: () => PageLink, text: string, name: string): Promise<Sent> {
    const sending = this.#send(page, text, name);
    this.#sending = sending;
    return sending;
  }

  /** Not a message more. Resolves when the one on its way is told of, in a second at the latest. May be called again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#sending === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.after(PATIENCE_MS, late.resolve);
    await Promise.race([this.#sending.catch(() => {}), late.promise]);
    timer.cancel();
  }

  /** What has been said has been said, whatever becomes of the rest. */
  async #send(page: () => PageLink, text: string, name: string): Promise<Sent> {
    const { newId, say } = this.#parts;
    const link = page();
    const messages = chatParts(text, name, new Date(this.#clock.now()).toISOString());
    if (messages === undefined) throw new ConnectorError('expected a text that fits into 8 messages of a call', false);
    let count = 0;
    try {
      for (const data of messages) {
        if (this.#stopped) throw new ConnectorError('leaving', false);
        await link.ask({ do: 'send', data, to: '*' }, this.#orderMs);
        count += 1;
      }
      return { messageId: newId() };
    } catch (error) {
      const there = textOf(messages.slice(0, count), text);
      if (there === '') throw error;
      say(`message sent in part, ${count} of ${messages.length}: ${connectorError(error).message}`);
      return { messageId: newId(), text: there };
    }
  }

  get #clock(): Clock {
    return this.#parts.clock;
  }
}
