import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { CallEvent, PageOrder, PageReport } from '../../bot/rooms/daily/protocol.ts';
import { type StandIn, startStandIn } from './stand-in/stand-in.ts';

/** Where the pages say that they are. Nothing is there: all they get is given to them here. */
const ORIGIN = 'https://call.invalid';
const CLIENT = createRequire(import.meta.url).resolve('@daily-co/daily-js/dist/daily.js');
/** Open to all hosts for requests, so that those who would get one are seen. */
const POLICY = "default-src 'none'; script-src 'self' http://127.0.0.1:*; connect-src https: http: ws:";
/** To where the client reports its failures: refused, as everything else. */
const MAKERS = 'o77906.ingest.sentry.io';

let script: Promise<string> | undefined;

function pageScript(): Promise<string> {
  script ??= build({
    entryPoints: [fileURLToPath(new URL('../../bot/rooms/daily/page/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'chrome120',
    logLevel: 'warning',
  }).then(({ outputFiles: [file] }) => file?.text ?? '');
  return script;
}

/** A stand-in that is closed with the test. */
export async function openStandIn(): Promise<StandIn> {
  const standIn = await startStandIn();
  onTestFinished(() => standIn.close());
  return standIn;
}

type Report = Exclude<PageReport, { event: unknown }>;
/** The member of the union whose `action` may be that one. */
type EventOf<T> = CallEvent extends infer One
  ? One extends { action: infer A }
    ? T extends A
      ? One
      : never
    : never
  : never;
/** An order without its number. */
type Wish = PageOrder extends infer One ? (One extends PageOrder ? Omit<One, 'id'> : never) : never;

/** A page with the unmodified client and our script, as a bot sees it; what it tries to reach elsewhere is refused. */
export class CallPage {
  readonly page: Page;
  readonly lines: string[] = [];
  readonly events: CallEvent[] = [];
  /** Hosts beyond the stand-in that it wanted to reach. */
  readonly elsewhere: string[] = [];
  readonly #answers = new Map<number, (report: Report) => void>();
  readonly #looks = new Set<() => void>();
  #lastId = 0;

  constructor(page: Page) {
    this.page = page;
  }

  /** Resolves with its answer. */
  order(wish: Wish): Promise<Report> {
    this.#lastId += 1;
    return this.take(JSON.stringify({ ...wish, id: this.#lastId }), this.#lastId);
  }

  /** Any line, and the answer to the order of that number. */
  async take(line: string, id: number): Promise<Report> {
    const answered = this.answer(id);
    await this.give(line);
    return answered;
  }

  answer(id: number): Promise<Report> {
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** Several come in the same moment. */
  async give(...lines: readonly string[]): Promise<void> {
    await this.page.evaluate(lines.map((line) => `roomdTake(${JSON.stringify(line)});`).join(''));
  }

  join(standIn: StandIn, room: string, userName: string, token?: string): Promise<Report> {
    const url = standIn.url(room);
    return this.order({ do: 'join', url, userName, bundles: standIn.bundles, ...(token !== undefined && { token }) });
  }

  /** The first event for which it is true; it may have come already. */
  event<T extends CallEvent['action']>(
    action: T,
    is: (event: EventOf<T>) => boolean = () => true,
  ): Promise<EventOf<T>> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.events.find((event) => event.action === action && is(event as EventOf<T>));
        if (found === undefined) return;
        this.#looks.delete(look);
        resolve(found as EventOf<T>);
      };
      this.#looks.add(look);
      look();
    });
  }

  said(line: string): void {
    this.lines.push(line);
    const report = JSON.parse(line) as PageReport;
    if ('event' in report) {
      this.events.push(report.event);
      for (const look of [...this.#looks]) look();
    } else this.#answers.get('done' in report ? report.done : report.failed)?.(report);
  }
}

/** `before` runs in the page before anything else. */
export function openCallPage(browser: Browser, before = ''): Promise<CallPage> {
  return open(browser, ['/page.js'], before);
}

/** The page of a person: the client and nothing else, in a profile of its own. */
export async function openPlainPage(browser: Browser): Promise<Page> {
  return (await open(browser, [], '')).page;
}

async function open(browser: Browser, scripts: readonly string[], before: string): Promise<CallPage> {
  const context = await browser.newContext();
  // Else Chromium keeps pages of the Internet from the stand-in on this machine.
  await context.grantPermissions(['local-network-access']);
  const page = await context.newPage();
  const call = new CallPage(page);
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  onTestFinished(() => {
    if (problems.length > 0) throw new Error(`the page has failed: ${problems.join('; ')}`);
    expect(call.elsewhere.filter((host) => host !== MAKERS)).toEqual([]);
  });
  const tags = ['/daily.js', ...scripts].map((path) => `<script src="${path}"></script>`).join('');
  const files: Record<string, [type: string, body: string]> = {
    '/': ['text/html', `<!doctype html><meta charset="utf-8"><title>call</title>${tags}`],
    '/daily.js': ['text/javascript', await readFile(CLIENT, 'utf8')],
    '/page.js': ['text/javascript', await pageScript()],
  };
  await context.route(
    () => true,
    (route) => {
      const { origin, hostname, pathname } = new URL(route.request().url());
      const file = origin === ORIGIN ? files[pathname] : undefined;
      if (file !== undefined) {
        const headers = { 'content-type': file[0], 'content-security-policy': POLICY };
        return route.fulfill({ headers, body: file[1] });
      }
      if (hostname === '127.0.0.1') return route.continue();
      call.elsewhere.push(hostname);
      return route.abort();
    },
  );
  await context.exposeFunction('roomdSay', (line: string) => call.said(line));
  if (before !== '') await context.addInitScript(before);
  await page.goto(`${ORIGIN}/`);
  return call;
}
