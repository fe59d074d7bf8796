import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { type CallPage, openCallPage } from '../../../supervisor/browser/host/call-page.ts';
import { contentPolicy, openSite } from '../../../supervisor/browser/host/document.ts';
import { describeInBrowser, launchBrowser } from '../../browser/browser.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import type { Said } from './bot-side.ts';
import { testFiles } from './hosted.ts';

interface Opened {
  readonly page: CallPage;
  /** As the browser knows it. */
  readonly tab: Page;
  readonly lines: string[];
  readonly troubles: string[];
  /** Resolves with the reason. */
  readonly gone: Promise<string>;
  readonly hangs: Promise<void>;
  ask(order: string, values?: Said): Promise<unknown>;
}

interface How {
  readonly clock?: FakeClock;
  readonly browser?: Browser;
  readonly bundles?: string;
  readonly script?: string;
}

async function open({
  browser,
  bundles,
  script = testFiles.script,
  clock = new FakeClock(),
}: How = {}): Promise<Opened> {
  const within = browser ?? (await launchBrowser());
  const lines: string[] = [];
  const troubles: string[] = [];
  const gone = Promise.withResolvers<string>();
  const hangs = Promise.withResolvers<void>();
  const answers = new Map<number, (value: unknown) => void>();
  const site = await openSite({ ...testFiles, script }, bundles);
  const page = await openCallPage(
    within,
    { clock, site, local: bundles !== undefined },
    {
      onLine(line) {
        lines.push(line);
        const { id, result } = JSON.parse(line) as { id?: number; result: unknown };
        if (id === undefined) hangs.resolve();
        else answers.get(id)?.(result);
        return undefined;
      },
      onGone: gone.resolve,
      onTrouble: (text) => troubles.push(text),
    },
  );
  const tab = within.contexts().at(-1)?.pages()[0];
  if (tab === undefined) throw new Error('expected a page');
  let number = 0;
  return {
    page,
    tab,
    lines,
    troubles,
    gone: gone.promise,
    hangs: hangs.promise,
    async ask(order, values = {}) {
      const id = ++number;
      const { promise, resolve } = Promise.withResolvers<unknown>();
      answers.set(id, resolve);
      await page.take(JSON.stringify({ ...values, do: order, id }));
      return promise;
    },
  };
}

/** A server of this machine, as a test's call machine is one. */
async function scriptServer(): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }).end('1;');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describeInBrowser('a page for a call', () => {
  it('runs no text as code, and gets no camera and no microphone', async () => {
    const { ask, troubles } = await open();
    expect(await ask('evaluate')).toBe('EvalError');
    expect(await ask('camera')).toMatch(/NotAllowedError|NotFoundError/);
    expect(await ask('client')).toBe('function');
    expect(troubles.join()).toContain('microphone is not allowed');
  });

  it('loads scripts from where the client does, and from nowhere else', async () => {
    const [bundles, elsewhere] = [await scriptServer(), await scriptServer()];
    const { ask } = await open({ bundles: `${bundles}/machine` });
    expect(await ask('load', { url: `${bundles}/x.js` })).toBe('loaded');
    expect(await ask('fetch', { url: `${bundles}/x` })).toBe(200);
    expect(await ask('load', { url: `${elsewhere}/x.js` })).toBe('refused');
    expect(await ask('fetch', { url: `${elsewhere}/x` })).toBe('refused');
  });

  it('keeps what is on this machine and its network from a page of the Internet', async () => {
    const address = await scriptServer();
    const { ask, troubles } = await open();
    expect(await ask('load', { url: `${address}/x.js` })).toBe('refused');
    expect(await ask('fetch', { url: address })).toBe('refused');
    expect(troubles.join()).toContain('Content Security Policy');
  });

  it('is gone when it crashes, and it alone', async () => {
    const browser = await launchBrowser();
    const [one, other] = [await open({ browser }), await open({ browser })];
    await one.tab.goto('chrome://crash').catch(() => undefined);
    expect(await one.gone).toBe('the page has crashed');
    await expect(one.page.take('{}')).rejects.toThrow();
    expect(await other.ask('echo', { value: 17 })).toBe(17);
  });

  it('is gone when it is closed, or its browser is', async () => {
    const one = await open();
    await one.tab.close();
    expect(await one.gone).toBe('the page was closed');
    const browser = await launchBrowser();
    const other = await open({ browser });
    await browser.close();
    expect(await other.gone).toBe('the page was closed');
    await other.page.close();
  });

  it.each([
    ['another page', 'go', { url: 'about:blank' }],
    ['its own address', 'go', { url: 'https://roomd-page.invalid/other' }],
    ['itself again', 'reload', {}],
  ])('is gone when it goes to %s', async (_, order, values) => {
    const { page, gone } = await open();
    // Whether it still has the time to take the line is chance.
    await page.take(JSON.stringify({ ...values, do: order, id: 0 })).catch(() => undefined);
    expect(await gone).toBe('the page has left its address');
  });

  it('is gone when it says what is no line', async () => {
    const { page, gone } = await open();
    await page.take('{"do":"number"}');
    expect(await gone).toContain('something else than a line');
  });

  it('is gone when it answers nothing any more', async () => {
    const clock = new FakeClock();
    const { page, ask, gone, hangs } = await open({ clock });
    for (let i = 0; i < 6; i++) {
      await clock.pass(15_000);
      // By then it has answered what was asked before.
      expect(await ask('echo', { value: i })).toBe(i);
    }
    page.take('{"do":"hang"}').catch(() => undefined);
    await hangs;
    await clock.pass(44_999);
    expect(await Promise.race([gone, Promise.resolve('silence')])).toBe('silence');
    await clock.pass(1);
    expect(await gone).toBe('the page has not answered for 30 s');
    expect(clock.waiting).toBe(0);
    await page.close();
  });

  it('is gone when it fills its console', async () => {
    const { ask, gone, page, troubles } = await open();
    expect(await ask('log', { lines: 1_000, bytes: 10 })).toBe(1_000);
    expect(await Promise.race([gone, Promise.resolve('silence')])).toBe('silence');
    await page.take('{"do":"log","lines":1,"bytes":10}').catch(() => undefined);
    expect(await gone).toBe('the page writes too much to its console');
    expect(troubles).toEqual([]);
  });

  it('says nothing of its end when it was closed here', async () => {
    const { page, tab, gone } = await open();
    await Promise.all([page.close(), page.close()]);
    expect(tab.context().pages()).toEqual([]);
    expect(await Promise.race([gone, Promise.resolve('silence')])).toBe('silence');
  });

  it('is refused when its script cannot take lines, and leaves nothing open', async () => {
    const script = join(await temporaryFolder(), 'page.js');
    await writeFile(script, 'nowhere.toBeFound();');
    const browser = await launchBrowser();
    await expect(open({ browser, script })).rejects.toThrow(/to define roomdTake, got none/);
    expect(browser.contexts()).toEqual([]);
  });

  it('passes on what it complains about, and its errors', async () => {
    const { page, ask, troubles } = await open();
    await ask('complain', { text: 'I see no call' });
    await expect(page.take('{"do":"throw"}')).rejects.toThrow('as it was told to');
    expect(troubles).toEqual(['I see no call']);
  });
});

it('names where media and scripts may come from', () => {
  expect(contentPolicy()).toBe(
    "default-src 'none'; script-src 'self' blob: https://c.daily.co https://*.daily.co; worker-src 'self' blob:; connect-src 'self' https: wss:; media-src blob: mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect(contentPolicy('http://127.0.0.1:7/a/b?c')).toContain(
    "https://*.daily.co http://127.0.0.1:7; worker-src 'self' blob:; connect-src 'self' https: wss: http://127.0.0.1:7 ws://127.0.0.1:7;",
  );
});
