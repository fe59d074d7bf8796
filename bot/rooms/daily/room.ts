import type { RoomAccess, RoomRefused } from '../../../spec/generated/command.ts';
import type { Timer } from '../../../spec/runtime/clock.ts';
import { Past } from '../past.ts';
import { type Connector, ConnectorError, connectorError, type RoomParts, type Sent } from '../port.ts';
import { Timeline } from '../room-clock.ts';
import { AccessGate } from './access.ts';
import { CallEvents } from './call-events.ts';
import { afterStay, callError, isFinal, withoutToken } from './failures.ts';
import type { PageLink } from './page-link.ts';
import type { CallEvent, Person } from './protocol.ts';
import { Saying } from './saying.ts';

/** A page that doesn't answer for so long is lost. */
const ORDER_MS = 10_000;
/** What is wrong may be said after its consequences, within so long. */
const REASON_MS = 500;

/**
 * A call of Daily's, in a page of a browser that somebody else has. The bot is let in by `room.access`. When the page
 * or the connection is lost, it may join again: what has changed meanwhile is told then.
 */
export class DailyRoom implements Connector {
  readonly clock: Timeline;
  readonly past: Past = new Past();
  readonly isChat = true;
  readonly #parts: RoomParts;
  readonly #gate = new AccessGate();
  readonly #leaving = new AbortController();
  readonly #events: CallEvents;
  readonly #saying: Saying;
  /** This run of the bot, or one before it. */
  #wasIn: boolean;
  #stay = Promise.withResolvers<string>();
  /** The page of the call that it is in. */
  #link: PageLink | undefined;
  #left: Promise<void> | undefined;
  /** Until then it may be told why the call is over. */
  #reason: Timer | undefined;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#wasIn = parts.isRestart === true;
    this.clock = new Timeline(parts.clock, 1, parts.onError);
    this.#saying = new Saying(parts, ORDER_MS);
    this.#events = new CallEvents({ ...parts, room: this.clock, past: this.past });
  }

  get ended(): Promise<string> {
    return this.#stay.promise;
  }

  get calledAs(): string | undefined {
    return this.#gate.access?.userName;
  }

  access(told: RoomAccess | RoomRefused): void {
    this.#gate.tell(told);
  }

  async join(given: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([given, this.#leaving.signal]);
    const access = await this.#gate.given(signal);
    // With what it stands on, it takes milliseconds to load.
    const { Joining } = await import('./joining.ts');
    const joining = new Joining(this.#parts.clock, {
      onEvent: (event) => this.#happened(event),
      onNonsense: () => this.#events.nonsense(),
      onLost: (error) => this.#lost(error),
    });
    const { link, people } = await joining.join(access, signal).catch((error) => {
      throw this.#wasIn ? afterStay(error) : error;
    });
    // The wish to leave may have come in the same moment.
    if (signal.aborted) {
      link.close();
      throw new ConnectorError('leaving', false);
    }
    this.#enter(link, people);
  }

  send(text: string): Promise<Sent> {
    return this.#saying.send(() => this.#page(), text, this.calledAs ?? 'bot');
  }

  async tell(data: object): Promise<void> {
    await this.#page().ask({ do: 'send', data, to: '*' }, ORDER_MS);
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  #page(): PageLink {
    if (this.#link === undefined) throw new ConnectorError('not in the call', true);
    return this.#link;
  }

  #enter(link: PageLink, people: readonly Person[]): void {
    this.#link = link;
    this.#wasIn = true;
    this.#stay = Promise.withResolvers();
    // Nobody may be listening.
    this.#stay.promise.catch(() => {});
    // Whoever has waited for the join hears of it before anything of the call.
    this.clock.at(this.clock.now(), () => {
      if (this.#link !== link) return;
      this.#events.begin(people);
      link.resume();
    });
    this.clock.start();
  }

  #happened(event: CallEvent): void {
    if (this.#link === undefined) return;
    if (event.action === 'left-meeting') {
      this.#reason ??= this.#parts.clock.after(REASON_MS, () => this.#over('meeting_over'));
    } else if (event.action !== 'error') this.#events.happened(event);
    else if (isFinal(event.type)) this.#over(event.type);
    else this.#lost(callError(event.type, event.message));
  }

  #over(reason: string): void {
    if (this.#link === undefined) return;
    this.#out();
    this.#stay.resolve(reason);
  }

  #lost(error: ConnectorError): void {
    if (this.#link === undefined) return;
    const token = this.#gate.access?.token;
    this.#out();
    this.#stay.reject(withoutToken(error, token));
  }

  #out(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#reason?.cancel();
    this.#reason = undefined;
    this.#events.interrupted();
    link?.close();
  }

  async #leave(): Promise<void> {
    this.#leaving.abort();
    const link = this.#link;
    // What happens from now on, happens without the bot.
    this.#link = undefined;
    this.#reason?.cancel();
    this.clock.stop();
    // What is in the call already is told of before the end.
    await this.#saying.stop();
    try {
      await link?.ask({ do: 'leave' }, ORDER_MS);
    } catch (error) {
      this.#parts.say(`leaving the call: ${connectorError(error).message}`);
    }
    link?.close();
    await this.#saying.stop();
  }
}
