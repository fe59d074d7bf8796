import type { RoomAccess } from '../../../spec/generated/command.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { ConnectorError, connectorError } from '../port.ts';
import { callError, withoutToken } from './failures.ts';
import { openPage, type PageLink, type PageListener } from './page-link.ts';
import type { CallEvent, Person } from './protocol.ts';

export interface Joined {
  /** Paused. */
  readonly link: PageLink;
  /** Who is there, the bot included. */
  readonly people: readonly Person[];
}

/** One attempt to get into a call, in a page of its own. */
export class Joining {
  readonly #clock: Clock;
  /** Of what happens once it is in. */
  readonly #listener: PageListener;
  readonly #people = Promise.withResolvers<readonly Person[]>();
  #link: PageLink | undefined;
  #in = false;

  constructor(clock: Clock, listener: PageListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.#people.promise.catch(() => {});
  }

  /** Rejects with a ConnectorError, also when the signal aborts; then the page is gone. To be called once. */
  async join({ page, url, token, userName, bundles }: RoomAccess, signal: AbortSignal): Promise<Joined> {
    const link = await openPage(page, this.#clock, this.#own(), signal);
    this.#link = link;
    const leave = () => this.#people.reject(new ConnectorError('leaving', false));
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    link.ask({ do: 'join', url, token, userName, bundles }).catch((error) => this.#people.reject(error));
    try {
      return { link, people: await this.#people.promise };
    } catch (error) {
      link.close();
      throw withoutToken(connectorError(error), token);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #own(): PageListener {
    return {
      onEvent: (event) => (this.#in ? this.#listener.onEvent(event) : this.#happened(event)),
      onNonsense: () => this.#listener.onNonsense(),
      onLost: (error) => (this.#in ? this.#listener.onLost(error) : this.#people.reject(error)),
    };
  }

  #happened(event: CallEvent): void {
    if (event.action === 'error') this.#people.reject(callError(event.type, event.message));
    if (event.action !== 'joined-meeting') return;
    this.#in = true;
    this.#link?.pause();
    this.#people.resolve(event.people);
  }
}
