import type { DailyCallFactory } from '@daily-co/daily-js';
import type { Reporter } from './report.ts';
import { type JoinOrder, Session } from './session.ts';

/** The page's call: one at a time, and another when that one is over. */
export class Call {
  readonly #daily: DailyCallFactory;
  readonly #reporter: Reporter;
  #session: Session | undefined;

  constructor(daily: DailyCallFactory, reporter: Reporter) {
    this.#daily = daily;
    this.#reporter = reporter;
  }

  async join(order: JoinOrder): Promise<void> {
    const last = this.#session;
    if (last !== undefined && !last.over) throw new Error('there is a call already: leave it first');
    // The client takes one call object a page. One that is over is freed without waiting for anybody.
    await last?.close();
    if (this.#session !== last) throw new Error('another order to join came first');
    const { bundles } = order;
    const client = this.#daily.createCallObject({
      audioSource: false,
      videoSource: false,
      subscribeToTracksAutomatically: false,
      // By a script tag: the page's policy of content needs no `unsafe-eval`.
      dailyConfig: { avoidEval: true, ...(bundles !== undefined && { bundlePathOverride: bundles }) },
    });
    const session = new Session(client, this.#reporter);
    this.#session = session;
    await session.join(order);
  }

  send(data: unknown, to: string): void {
    if (this.#session === undefined) throw new Error('there is no call to send to: join one first');
    this.#session.send(data, to);
  }

  async leave(): Promise<void> {
    const session = this.#session;
    await session?.close();
    if (this.#session === session) this.#session = undefined;
  }
}
