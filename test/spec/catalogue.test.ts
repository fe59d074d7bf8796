import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../spec/codegen/catalogue.ts';
import { loadSpec } from '../../spec/codegen/load.ts';
import type { TopicDescriptor } from '../../spec/topic.ts';

const CANDIDATES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const executablePath = CANDIDATES.find((path) => existsSync(path));
const ENABLE = 'apt-get install chromium-headless-shell (or chromium)';
if (executablePath === undefined && process.env.CI) throw new Error(`no Chromium: ${ENABLE}`);

const sources = loadSpec();

describe('the catalogue of topics', () => {
  it('has every topic, with its examples, and escapes what authors write', () => {
    const html = catalogue(sources);
    for (const { id } of sources.topics) expect(html).toContain(`<section id="${id}"`);
    const [first] = structuredClone(sources.topics) as TopicDescriptor[];
    if (first === undefined) throw new Error('expected a topic');
    const bad = '</script><img src=x onerror="alert(1)">&amp;';
    Object.assign(first, { description: bad, examples: [{ reason: bad }] });
    first.schema.properties = { reason: { type: 'string', description: bad, pattern: bad } };
    expect(catalogue({ ...sources, topics: [first] })).not.toContain('<img');
  });

  it('says the same at every call', () => expect(catalogue(sources)).toBe(catalogue(sources)));
});

const title = `in a real browser${executablePath ? '' : `: skipped, enable it with ${ENABLE}`}`;

describe.skipIf(executablePath === undefined)(`the catalogue of topics ${title}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args });
  });
  afterAll(() => browser.close());

  async function open(width: number, scheme: 'light' | 'dark' = 'light') {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    const asked: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
    await page.route('http://docs.test/', (route) =>
      route.fulfill({ contentType: 'text/html', body: catalogue(sources) }),
    );
    await page.goto('http://docs.test/');
    return { page, asked, faults };
  }

  const shown = (page: Page) =>
    page.evaluate("[...document.querySelectorAll('section')].filter((s) => s.offsetParent).map((s) => s.id)");

  it('finds topics by words of their names and fields, and shows all again', async () => {
    const { page, asked, faults } = await open(1280);
    const all = (await shown(page)) as string[];
    expect(all.length).toBeGreaterThan(sources.topics.length);
    await page.keyboard.press('/');
    await page.keyboard.type('dominance Share');
    expect(await shown(page)).toEqual(['room.dominance.score']);
    expect(await page.textContent('#found')).toBe('1 found');
    const links = "[...document.querySelectorAll('nav a')].filter((a) => a.offsetParent).map((a) => a.textContent)";
    expect(await page.evaluate(links)).toEqual(['dominance.score']);
    await page.fill('#search', 'no such thing');
    expect(await page.textContent('#found')).toBe('nothing fits');
    await page.keyboard.press('Escape');
    expect(await shown(page)).toEqual(all);
    expect([asked, faults]).toEqual([['http://docs.test/'], []]);
  });

  it('leads to a topic by its anchor, also when the search has hidden it', async () => {
    const { page } = await open(1280);
    await page.fill('#search', 'heartbeat');
    await page.evaluate("location.hash = 'room.message.sent'");
    await page.waitForFunction("document.getElementById('room.message.sent').offsetParent !== null");
    const top = (await page.evaluate(
      "document.getElementById('room.message.sent').getBoundingClientRect().top",
    )) as number;
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top).toBeLessThan(900);
  });

  it.each([
    ['a phone', 360],
    ['a small phone', 320],
    ['a tablet', 800],
    ['a screen', 1440],
  ])('is no wider than %s', async (_, width) => {
    const { page } = await open(width);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it.each(['light', 'dark'] as const)('has text that stands out, %s', async (scheme) => {
    const { page } = await open(1280, scheme);
    const ratios = (await page.evaluate(CONTRAST)) as [string, number][];
    expect(ratios.length).toBeGreaterThan(5);
    expect(ratios.filter(([, ratio]) => ratio < 4.5)).toEqual([]);
  });
});

/** WCAG's contrast of each kind of text with what it stands on. */
const CONTRAST = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const under = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === undefined || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const kinds = ['body', 'header p', 'h3', 'section p', 'tbody th', 'tbody td', 'summary', 'pre', 'nav a', '.group',
    '.chips .authoritative', '.chips .pii1', '.chips .pii2', '.masked', '.optional', '#search'];
  return kinds.map((kind) => {
    const node = document.querySelector(kind);
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(under(node))].sort((x, y) => y - x);
    return [kind, (a + 0.05) / (b + 0.05)];
  });
})()`;
