import type { Browser, BrowserContext, ConsoleMessage, Page } from 'playwright-core';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { type Watch, watch } from '../watch.ts';
import { ALL_OF_IT, PAGE_URL, type Site } from './document.ts';
import { createNoise } from './noise.ts';

/** A page that has answered nothing for half a minute hears nothing of its call either. */
const PULSE = { periodMs: 15_000, periods: 2 };

/** Attached before the page runs anything. */
export interface PageListener {
  /** The page is told that its line has been taken when this has resolved. */
  onLine(line: string): Promise<void> | undefined;
  /** The page is gone, or no longer ours. At most once, and not after `close`. */
  onGone(reason: string): void;
  /** For people: an error in the page's console, of any length. */
  onTrouble(text: string): void;
}

/** A page with Daily's client in it, in a context of its own. */
export interface CallPage {
  /** Hands a line to the page. Resolves when the page has taken it; rejects when the page is gone, or threw. */
  take(line: string): Promise<void>;
  /** Closes page and context. Idempotent; doesn't reject. */
  close(): Promise<void>;
}

/** No page like this one could be opened; the message says why. */
export class PageError extends Error {
  override name = 'PageError';
}

export interface PageSettings {
  readonly clock: Clock;
  readonly site: Site;
  /** The page may speak to this machine and its network, which browsers keep from pages of the Internet. */
  readonly local: boolean;
}

export async function openCallPage(
  browser: Browser,
  { clock, site, local }: PageSettings,
  listener: PageListener,
): Promise<CallPage> {
  const context = await browser.newContext({ serviceWorkers: 'block', acceptDownloads: false });
  let over = false;
  let closing: Promise<void> | undefined;
  let pulse: Watch | undefined;
  const close = () => {
    over = true;
    pulse?.stop();
    // A context whose browser has gone is closed.
    closing ??= context.close().catch(() => undefined);
    return closing;
  };
  const gone = (reason: string) => {
    if (over) return;
    over = true;
    pulse?.stop();
    listener.onGone(reason);
  };
  try {
    if (local) await context.grantPermissions(['local-network-access'], { origin: PAGE_URL });
    const page = await openPage(context, site, { listener, gone, isQuiet: createNoise(clock) });
    const ask = () => page.evaluate(answer);
    const onSilent = () => gone(`the page has not answered for ${(PULSE.periodMs * PULSE.periods) / 1_000} s`);
    if (!over) pulse = watch({ clock, ...PULSE, ask, onSilent });
    return {
      take: (line) => page.evaluate(handOver, line),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface PageEvents {
  readonly listener: PageListener;
  readonly gone: (reason: string) => void;
  /** Counts a line of so many characters. */
  readonly isQuiet: (length: number) => boolean;
}

async function openPage(context: BrowserContext, site: Site, { listener, gone, isQuiet }: PageEvents): Promise<Page> {
  await context.exposeBinding('roomdSay', ({ page: from, frame }, line: unknown) => {
    if (frame !== from.mainFrame() || from !== page) return;
    if (typeof line === 'string') return listener.onLine(line);
    gone('the page has called roomdSay with something else than a line');
  });
  await context.route(ALL_OF_IT, (route, request) => route.fulfill(site(request.url())));
  const page = await context.newPage();
  page.on('crash', () => gone('the page has crashed'));
  page.on('close', () => gone('the page was closed'));
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame() && frame.url() !== PAGE_URL) gone('the page has left its address');
  });
  page.on('popup', (popup) => void popup.close().catch(() => undefined));
  const complains = (text: string, isTrouble: boolean) => {
    if (!isQuiet(text.length)) gone('the page writes too much to its console');
    else if (isTrouble) listener.onTrouble(text);
  };
  page.on('pageerror', (error) => complains(error.message, true));
  page.on('console', (message) => {
    complains(message.text(), message.type() === 'error');
    forget(message);
  });
  await page.goto(PAGE_URL, { waitUntil: 'load' });
  if (!(await page.evaluate(canTake))) {
    throw new PageError('expected the script of the page to define roomdTake, got none: its console says why');
  }
  // Everything is there; from now on nothing of the call goes by way of this process.
  await context.unroute(ALL_OF_IT);
  return page;
}

/** What it shows would be kept in the page, and here. */
function forget(message: ConsoleMessage): void {
  for (const shown of message.args()) shown.dispose().catch(() => undefined);
}

// These three run in the page.

const answer = () => true;

const canTake = () => typeof (globalThis as PageGlobals).roomdTake === 'function';

// In a task of its own: what is called from here directly may evaluate text, whatever the page's policy says.
const handOver = (line: string) => {
  const { scheduler, roomdTake } = globalThis as PageGlobals;
  return scheduler.postTask(() => void roomdTake(line));
};

type PageGlobals = typeof globalThis & {
  readonly scheduler: { postTask(work: () => void): Promise<void> };
  roomdTake(line: string): void;
};
