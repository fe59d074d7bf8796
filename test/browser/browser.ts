import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { describe, onTestFinished } from 'vitest';

const CANDIDATES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const executablePath = CANDIDATES.find((path) => existsSync(path));
const ENABLE = 'apt-get install chromium-headless-shell (or chromium)';
if (executablePath === undefined && process.env.CI) throw new Error(`no Chromium: ${ENABLE}`);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 812 };
/** Where pictures of the pages go; unset: none are made. */
const PICTURES = process.env.SCREENSHOTS;

/** `describe`, visibly skipped where there is no Chromium. */
export function describeInBrowser(title: string, body: () => void): void {
  const note = executablePath === undefined ? `: skipped, enable it with ${ENABLE}` : '';
  describe.skipIf(executablePath === undefined)(title + note, body);
}

/** Debian's Chromium without a window; closed with the test. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: FLAGS });
  onTestFinished(() => browser.close());
  return browser;
}

/** A person's browser: tabs of one context share what they keep, as windows of one profile do. */
export async function openContext(browser?: Browser): Promise<BrowserContext> {
  return (browser ?? (await launchBrowser())).newContext({ viewport: DESK, reducedMotion: 'reduce' });
}

/** A tab at an address. The test fails when the page throws, or does what its policy of content forbids. */
export async function openPage(url: string, context?: BrowserContext): Promise<Page> {
  const page = await (context ?? (await openContext())).newPage();
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().includes('Content Security')) problems.push(message.text());
  });
  onTestFinished(() => {
    if (problems.length > 0) throw new Error(`the page at ${url} has failed: ${problems.join('; ')}`);
  });
  await page.goto(url);
  return page;
}

/**
 * Looks at a page in light, in dark and on a phone, and takes a picture of each as `NAME-light.png` and so on.
 * What is wrong with it, a line each: serious and critical findings of axe, and scrolling sideways.
 */
export async function inspect(page: Page, name: string): Promise<string[]> {
  const before = page.viewportSize() ?? DESK;
  const found: string[] = [];
  for (const [look, colorScheme, size] of [
    ['light', 'light', DESK],
    ['dark', 'dark', DESK],
    ['phone', 'light', PHONE],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    await settled(page);
    await picture(page, `${name}-${look}`);
    const said = [...(await findings(page)), ...(await sideways(page))];
    found.push(...said.map((line) => `${name}, ${look}: ${line}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
  await settled(page);
  return found;
}

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/**
 * Resolves when an expression is true in the page, looked at after each frame that is drawn. Playwright's own
 * `waitForFunction` needs what the page's policy of content forbids.
 */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await settled(page);
}

/** Two frames later: what a change of size or colours has set off is drawn. */
async function settled(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

async function findings(page: Page): Promise<string[]> {
  axe ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe);
  const violations = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  )) as Finding[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`));
}
let axe: string | undefined;

async function sideways(page: Page): Promise<string[]> {
  const [wide, available] = (await page.evaluate(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )) as [number, number];
  return wide > available ? [`scrolls sideways: ${wide} of ${available} pixels`] : [];
}
