import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { describeInBrowser, launchBrowser } from '../browser/browser.ts';
import { runDaemon, testBot } from '../helpers/daemon.ts';
import { guardedDaemon, WORDS } from './attack-rig.ts';

/** What a page can try, each answered with what it got: an error's name, or what it read. */
type Tried = Readonly<Record<string, string>>;

const client = buildSync({
  stdin: {
    contents: "export { io } from 'socket.io-client';",
    resolveDir: fileURLToPath(new URL('.', import.meta.url)),
  },
  bundle: true,
  platform: 'browser',
  format: 'iife',
  globalName: 'socketIo',
  write: false,
}).outputFiles[0]?.text;

/** Runs in the page: everything that can be asked of an address. `secret`: what the page was given, if anything. */
const TRY = `async (url, secret) => {
  const first = (listen) => new Promise(listen).catch((error) => String(error));
  const read = (path, init = {}) =>
    fetch(url + path, init).then(async (response) => response.type + ' ' + response.status + ' ' + (await response.text()))
      .catch((error) => error.name);
  const bearer = secret ? { authorization: 'Bearer ' + secret } : {};
  const query = secret ? '&ticket=' + secret : '';
  return {
    fetch: await read('/v1/events?from=start&limit=1000', { headers: bearer }),
    rooms: await read('/v1/rooms', { headers: bearer }),
    spawn: await read('/v1/rooms', { method: 'POST', body: '{"roomId":"page"}', headers: { ...bearer, 'content-type': 'application/json' } }),
    simple: await read('/v1/rooms', { method: 'POST', body: '{"roomId":"page"}', mode: 'no-cors' }),
    opaque: await read('/v1/rooms', { mode: 'no-cors' }),
    open: await read('/health'),
    stop: await read('/v1/rooms/other', { method: 'DELETE', headers: bearer }),
    picture: await first((done) => {
      const image = new Image();
      image.onload = () => done('loaded');
      image.onerror = () => done('error');
      image.src = url + '/v1/rooms';
    }),
    script: await first((done) => {
      const script = document.createElement('script');
      script.onload = () => done('loaded');
      script.onerror = () => done('error');
      script.src = url + '/v1/rooms';
      document.body.append(script);
    }),
    eventSource: await first((done) => {
      const source = new EventSource(url + '/v1/events?from=start' + query);
      source.addEventListener('hello', () => (source.close(), done('hello')));
      source.onerror = () => (source.close(), done('error'));
    }),
    webSocket: await first((done) => {
      const socket = new WebSocket(url.replace('http', 'ws') + '/socket.io/?EIO=4&transport=websocket');
      socket.onmessage = ({ data }) => (socket.close(), done('message ' + data));
      socket.onerror = () => done('error');
    }),
    ...Object.fromEntries(await Promise.all(['websocket', 'polling'].map(async (transport) => [transport, await first((done) => {
      const socket = socketIo.io(url, { transports: [transport], reconnection: false, auth: { token: secret, from: 'start' } });
      socket.on('envelope', ({ envelope }) => (socket.disconnect(), done('envelope ' + JSON.stringify(envelope))));
      socket.on('connect_error', (error) => done('error ' + (error.data?.status ?? '')));
    })]))),
  };
}`;

/** A page of another site on a port of its own. */
async function foreignSite(): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>evil</title><body><script>${client}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** From a page at `from`, everything is tried on `url`. */
async function tryFrom(from: string, url: string, secret = ''): Promise<Tried> {
  const page = await (await launchBrowser()).newPage();
  await page.goto(from);
  return (await page.evaluate(`(${TRY})(${JSON.stringify(url)}, ${JSON.stringify(secret)})`)) as Tried;
}

const NOTHING = {
  fetch: 'TypeError',
  rooms: 'TypeError',
  spawn: 'TypeError',
  open: 'TypeError',
  stop: 'TypeError',
  picture: 'error',
  script: 'error',
  eventSource: 'error',
  webSocket: 'error',
};

/** Sent without asking, by whatever page: the answer is kept from it, if there is one at all. */
const UNREADABLE = /^(TypeError|opaque 0 )$/;

describeInBrowser('a page of another site', () => {
  it('reads and does nothing where no tokens are configured', { timeout: 60_000 }, async () => {
    const { url, spawn, daemon: _, ...rest } = await runDaemon({ bots: { puppet: { command: testBot('puppet') } } });
    await spawn('other', { bot: 'puppet', options: { acts: [['message', WORDS.other]] } });
    const { simple, opaque, websocket, polling, ...tried } = await tryFrom(await foreignSite(), url);
    expect(tried).toEqual(NOTHING);
    expect([websocket, polling]).toEqual(['error ', 'error ']);
    expect([simple, opaque].filter((text) => !UNREADABLE.test(text ?? ''))).toEqual([]);
    const { rooms } = await rest.json<{ rooms: { roomId: string; state: string }[] }>('/v1/rooms');
    expect(rooms.map(({ roomId }) => roomId)).toEqual(['other']);
    expect(rooms[0]?.state).not.toMatch(/stop/);
  });

  it('reads and does nothing where it stole a token, unless its origin is listed', { timeout: 60_000 }, async () => {
    const { url, as } = await guardedDaemon();
    const { simple, opaque, websocket, polling, ...tried } = await tryFrom(await foreignSite(), url, 'secret-owner');
    expect(tried).toEqual(NOTHING);
    expect([websocket, polling]).toEqual(['error ', 'error ']);
    expect([simple, opaque].filter((text) => !UNREADABLE.test(text ?? ''))).toEqual([]);
    const { rooms } = (await (await as('owner', 'GET', '/v1/rooms')).json()) as { rooms: { roomId: string }[] };
    expect(rooms.map(({ roomId }) => roomId)).toEqual(['acme-1', 'other']);
  });

  it('that is listed does what its ticket lets it, and no more', { timeout: 60_000 }, async () => {
    const site = await foreignSite();
    const { url, as } = await guardedDaemon({ cors: [site] });
    const wanted = { scopes: ['events:read', 'events:pii', 'rooms:read'], rooms: ['acme-*'] };
    const made = await as('owner', 'POST', '/v1/tickets', wanted);
    const { ticket } = (await made.json()) as { ticket: string };
    const tried = await tryFrom(site, url, ticket);
    expect(tried).toMatchObject({
      rooms: expect.stringMatching(/^cors 200 .*acme-1/),
      spawn: expect.stringMatching(/^cors 403 .*scope-missing/),
      stop: expect.stringMatching(/^cors 403 /),
      open: 'TypeError',
      picture: 'error',
      script: 'error',
      eventSource: 'hello',
      webSocket: expect.stringMatching(/^message 0/),
      websocket: expect.stringContaining('"roomId":"acme-1"'),
      polling: expect.stringContaining('"roomId":"acme-1"'),
    });
    expect(tried.fetch).toContain(WORDS.acme);
    expect(JSON.stringify(tried)).not.toContain(WORDS.other);
    // Without one it is told why not, and nothing else.
    const empty = await tryFrom(site, url);
    expect(empty).toMatchObject({
      fetch: expect.stringMatching(/^cors 401 /),
      eventSource: 'error',
      websocket: 'error 401',
      polling: 'error 401',
    });
    expect(JSON.stringify(empty)).not.toContain('Qzx');
  });

  it('that has its name point here reads nothing', { timeout: 60_000 }, async () => {
    const { url } = await runDaemon();
    const { port } = new URL(url);
    // A page that was there before the name pointed here has a policy of its own.
    const page = await (await (await launchBrowser()).newContext({ bypassCSP: true })).newPage();
    // Browsers take whatever ends so for an address of this machine, without asking anybody.
    const at = `http://evil.localhost:${port}`;
    expect((await page.goto(`${at}/health`))?.status()).toBe(421);
    const text = (await page.evaluate(`fetch('/v1/rooms').then((response) => response.text())`)) as string;
    expect(text).toContain('wrong-host');
    const socket = `new Promise((done) => {
      const socket = new WebSocket('ws://evil.localhost:${port}/socket.io/?EIO=4&transport=websocket');
      socket.onmessage = ({ data }) => done(data);
      socket.onerror = () => done('error');
    })`;
    expect(await page.evaluate(socket)).toBe('error');
    // It does reach roomd: by its own name all of that is there.
    await page.goto(`${url}/health`);
    expect(await page.evaluate(`fetch('/v1/rooms').then((response) => response.text())`)).toContain('"rooms":[]');
    expect(await page.evaluate(socket.replace('evil.localhost', '127.0.0.1'))).toMatch(/^0/);
  });
});
