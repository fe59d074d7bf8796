import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { get as rawGet } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { problemOf, startServer } from './rig.ts';
import { token } from './tokens.ts';

const PAGE = '<!doctype html><title>the console</title><script src="/console/main-0A1B2C3D.js"></script>';
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

async function built() {
  const data = await temporaryFolder();
  const consoleFolder = join(data, 'console');
  await mkdir(consoleFolder);
  await writeFile(join(consoleFolder, 'index.html'), PAGE);
  await writeFile(join(consoleFolder, 'main-0A1B2C3D.js'), 'export {};');
  await writeFile(join(consoleFolder, 'icon.svg'), '<svg/>');
  await writeFile(join(consoleFolder, '.built'), 'secret');
  await writeFile(join(data, 'outside.txt'), 'secret');
  return startServer({ consoleFolder, tokens: [token('reader', ['rooms:read'])] });
}

describe('the console', () => {
  it('is what a browser gets, without a token; a program gets the index', async () => {
    const { get } = await built();
    const page = await get('/', BROWSER);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toBe(PAGE);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('vary')).toBe('accept');
    for (const accept of ['*/*', 'application/json', 'application/json, text/html', '']) {
      const index = await get('/', { accept });
      expect(index.headers.get('vary')).toBe('accept');
      expect(await index.json()).toMatchObject({ name: 'roomd' });
    }
  });

  it('may load and reach nothing but what is here, be framed by nobody, and ask for no device', async () => {
    const { get } = await built();
    for (const [path, headers] of [
      ['/', BROWSER],
      ['/console/main-0A1B2C3D.js', {}],
    ] as const) {
      const response = await get(path, headers);
      expect(response.headers.get('content-security-policy')?.split('; ')).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(response.headers.get('permissions-policy')).toContain('microphone=()');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('is kept by browsers as long as names change with what is inside', async () => {
    const { get } = await built();
    const script = await get('/console/main-0A1B2C3D.js');
    expect([script.status, await script.text()]).toEqual([200, 'export {};']);
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const icon = await get('/console/icon.svg');
    expect([icon.headers.get('content-type'), icon.headers.get('cache-control')]).toEqual([
      'image/svg+xml',
      'no-store',
    ]);
  });

  it('is nothing beside its files', async () => {
    const { url, get } = await built();
    const paths = [
      '/console/nothing.js',
      '/console/.built',
      '/console/',
      '/console/../outside.txt',
      '/console/%2e%2e/outside.txt',
      '/console/..%2foutside.txt',
      '/console//etc/passwd',
      '/console/%2fetc%2fpasswd',
      '/console/x%00.js',
    ];
    for (const path of paths) {
      // As it stands: `fetch` would tidy it up.
      const { hostname, port } = new URL(url);
      const asking = rawGet({ hostname, port, path });
      const [response] = await once(asking, 'response');
      let text = '';
      for await (const chunk of response) text += String(chunk);
      expect([path, response.statusCode >= 400 && response.statusCode < 500]).toEqual([path, true]);
      expect(text).not.toMatch(/secret|root:/);
    }
    await problemOf(await get('/console/nothing.js'), 404);
  });

  it('that is not built says what to do', async () => {
    const { get } = await startServer({ consoleFolder: join(await temporaryFolder(), 'console') });
    const response = await get('/', BROWSER);
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('./scripts/setup');
    expect((await get('/')).status).toBe(200);
    await problemOf(await get('/console/main.js'), 404);
  });
});
