import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** An origin that nobody has: what it serves is put there by `route`. */
const ORIGIN = 'https://person.invalid/';
const daily = createRequire(import.meta.url).resolve('@daily-co/daily-js/dist/daily.js');
const EVENTS = [
  ...['loading', 'load-attempt-failed', 'loaded', 'joining-meeting', 'joined-meeting', 'left-meeting', 'error'],
  ...['participant-joined', 'participant-updated', 'participant-left', 'participant-counts-updated', 'app-message'],
  ...['active-speaker-change', 'transcription-started', 'transcription-message', 'transcription-stopped'],
  ...['transcription-error', 'network-connection', 'network-quality-change', 'nonfatal-error', 'access-state-updated'],
  ...['meeting-session-updated', 'meeting-session-summary-updated', 'camera-error', 'call-instance-destroyed'],
];

export interface Participant {
  readonly session_id: string;
  readonly user_id: string;
  readonly user_name: string;
}

export interface ClientEvent {
  readonly action: string;
  readonly participant?: Participant;
  readonly data?: unknown;
  readonly [key: string]: unknown;
}

export interface JoinOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly userName?: string | undefined;
}

/** A person's page with the Daily client as it is, and nothing of roomd. */
export interface ClientPage {
  readonly page: Page;
  /** What the client has told so far. */
  readonly events: readonly ClientEvent[];
  /** Resolves with the participants; rejects with what the client rejects with, as JSON. */
  join(options: JoinOptions): Promise<Record<string, Participant>>;
  send(data: unknown, to?: string): Promise<void>;
  leave(): Promise<void>;
  /** The first event of that action that passes, whether it has happened or will. */
  until(action: string, passes?: (event: ClientEvent) => boolean): Promise<ClientEvent>;
}

export interface ClientOptions {
  /** From where the client loads its call machine; absent: from Daily. */
  readonly bundles?: string | undefined;
  /** Hears what client and call machine say to each other, and each event. */
  readonly onSaid?: (by: 'client' | 'machine' | 'event', said: unknown) => void;
}

/** A page in a context of its own, closed with the test. What the client reports to its maker's Sentry is kept from it. */
export async function openClient(browser: Browser, options: ClientOptions = {}): Promise<ClientPage> {
  const { bundles, onSaid = () => {} } = options;
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  // A stand-in is on this machine, and pages from elsewhere have to be let there.
  await context.grantPermissions(['local-network-access'], { origin: ORIGIN });
  await context.route(/sentry/, (route) => route.abort());
  await context.route(`${ORIGIN}**`, (route) =>
    route.request().url() === `${ORIGIN}daily.js`
      ? route.fulfill({ path: daily, contentType: 'text/javascript' })
      : route.fulfill({ contentType: 'text/html', body: '<!doctype html><script src="/daily.js"></script>' }),
  );
  const page = await context.newPage();
  const events: ClientEvent[] = [];
  const watchers = new Set<(event: ClientEvent) => void>();
  await page.exposeFunction('heard', (text: string) => {
    const event = JSON.parse(text) as ClientEvent;
    events.push(event);
    onSaid('event', event);
    for (const watch of [...watchers]) watch(event);
  });
  await page.exposeFunction('overheard', (text: string) => {
    const message = JSON.parse(text) as { from?: string };
    onSaid(message.from === 'module' ? 'client' : 'machine', message);
  });
  await page.addInitScript(`addEventListener('message', ({ data }) => {
    if (data?.what === 'iframe-call-message') overheard(JSON.stringify(data));
  })`);
  await page.goto(ORIGIN);
  const dailyConfig = { avoidEval: true, ...(bundles !== undefined && { bundlePathOverride: bundles }) };
  await page.evaluate(`{
    const options = { audioSource: false, videoSource: false, dailyConfig: ${JSON.stringify(dailyConfig)} };
    globalThis.open = () => {
      globalThis.call = Daily.createCallObject(options);
      for (const name of ${JSON.stringify(EVENTS)}) call.on(name, (event) => heard(JSON.stringify(event)));
    };
    open();
  }`);
  const run = (expression: string) => page.evaluate(`(async () => ${expression})()`);
  return {
    page,
    events,
    async join(join) {
      const outcome = (await run(
        `call.join(${JSON.stringify(join)}).then((people) => ({ people: JSON.stringify(people) }),
          (error) => ({ error: JSON.stringify(error?.message === undefined ? error : { message: error.message }) }))`,
      )) as { people?: string; error?: string };
      if (outcome.people !== undefined) return JSON.parse(outcome.people);
      // A call object that has failed isn't used again.
      await run('call.destroy().then(open)');
      throw new Error(outcome.error);
    },
    send: async (data, to = '*') =>
      void (await run(`void call.sendAppMessage(${JSON.stringify(data)}, ${JSON.stringify(to)})`)),
    leave: async () => void (await run('call.leave()')),
    until(action, passes = () => true) {
      const fits = (event: ClientEvent) => event.action === action && passes(event);
      const before = events.find(fits);
      if (before !== undefined) return Promise.resolve(before);
      return new Promise((resolve) => {
        const watch = (event: ClientEvent) => {
          if (!fits(event)) return;
          watchers.delete(watch);
          resolve(event);
        };
        watchers.add(watch);
      });
    },
  };
}
