import { createRequire } from 'node:module';
import { type Browser, chromium } from 'playwright-core';
import type { Surroundings } from './daily-surroundings.ts';
import { treePssMiB } from './process-tree.ts';
import { pssMiB } from './table.ts';

/** An origin that nobody has: what it serves is put there by `route`. */
const ORIGIN = 'https://bare.invalid/';
const clientFile = createRequire(import.meta.url).resolve('@daily-co/daily-js/dist/daily.js');

export interface BareOptions {
  readonly browser: Surroundings['browser'];
  /** One browser for all pages, each in a context of its own, or one a page. */
  readonly share: boolean;
  /** Where each page joins a room of its own, by the plain Daily client; absent: blank pages. */
  readonly call?: Pick<Surroundings, 'bundles' | 'url'> | undefined;
}

/** Headless pages with nothing of roomd: what a room can cost at least. */
export class BarePages {
  readonly #options: BareOptions;
  readonly #browsers: Browser[] = [];
  #pages = 0;

  constructor(options: BareOptions) {
    this.#options = options;
  }

  /** Milliseconds until another page is there, and in its call; its browser's start included where it needs a new one. */
  async add(): Promise<number> {
    const { call } = this.#options;
    const start = performance.now();
    const browser = (this.#options.share && this.#browsers[0]) || (await this.#launch());
    const context = await browser.newContext();
    // A call machine on this machine has to be let in.
    if (call !== undefined) await context.grantPermissions(['local-network-access'], { origin: ORIGIN });
    const script = call !== undefined ? '<script src="/daily.js"></script>' : '';
    await context.route(`${ORIGIN}**`, (route) =>
      route.request().url() === ORIGIN
        ? route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>bare</title>${script}` })
        : route.fulfill({ path: clientFile, contentType: 'text/javascript' }),
    );
    const page = await context.newPage();
    await page.goto(ORIGIN);
    if (call !== undefined) await page.evaluate(joining(call.url(`bare-${this.#pages++}`), call.bundles));
    return performance.now() - start;
  }

  /** Of all that this process has started, in MiB. */
  pss(): number {
    return treePssMiB(process.pid) - pssMiB(process.pid);
  }

  async close(): Promise<void> {
    for (const browser of this.#browsers.splice(0)) await browser.close();
  }

  async #launch(): Promise<Browser> {
    const { executablePath, args, sandbox } = this.#options.browser;
    const browser = await chromium.launch({ executablePath, args: [...args], chromiumSandbox: sandbox });
    this.#browsers.push(browser);
    return browser;
  }
}

/** As roomd's own page joins. */
function joining(url: string, bundles: string): string {
  const options = {
    audioSource: false,
    videoSource: false,
    subscribeToTracksAutomatically: false,
    dailyConfig: { avoidEval: true, bundlePathOverride: bundles },
  };
  return `Daily.createCallObject(${JSON.stringify(options)}).join(${JSON.stringify({ url, userName: 'bare' })}).then(() => {})`;
}
