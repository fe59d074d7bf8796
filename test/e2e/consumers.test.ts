import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import { describeInBrowser, launchBrowser } from '../browser/browser.ts';
import { type Client, type Event, root, temporaryFolder } from '../helpers/daemon.ts';
import { type Served, serve } from '../helpers/serve.ts';

const ENABLE = 'apt-get install curl';
const haveCurl = spawnSync('curl', ['--version']).status === 0;
if (!haveCurl && process.env.CI) throw new Error(`no curl: ${ENABLE}`);

/** What a consumer has seen: position and id of each event, in order. */
type Seen = [position: string, id: string][];

const BOTS = { numbered: { command: [process.execPath, join(root, 'scripts/soak.d/streams-bot.mjs')] } };
const ROOM = { bot: 'numbered', options: { perSecond: 200 } };
const SPOKEN = 'room.transcript.received';
const listed = (events: readonly Event[]): Seen => events.map(({ position, envelope }) => [position, envelope.id]);

async function configured(more: ConfigInput = {}): Promise<string> {
  const data = await temporaryFolder();
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify({ bots: BOTS, ...more }));
  return data;
}

/** A room in which something is said, for as long as it takes until that has been seen; then all of the log. */
async function meeting(roomd: Client, roomId: string, seen: () => Promise<unknown>): Promise<Seen> {
  await roomd.spawn(roomId, ROOM);
  await seen();
  await roomd.stop(roomId);
  await roomd.over(roomId);
  return listed(await roomd.history());
}

/** The same folder and address again: what is there reconnects. */
async function again(roomd: Served, data: string): Promise<Served> {
  expect(await roomd.end('SIGTERM')).toBe(0);
  return serve(data, ['--port', new URL(roomd.url).port]);
}

describe.skipIf(!haveCurl)(`curl -N${haveCurl ? '' : `: skipped, to enable it ${ENABLE}`}`, () => {
  /** Its output, line by line, until something is seen; then it is killed in the middle. */
  async function curl(url: string, headers: readonly string[], enough: (line: string) => boolean): Promise<string[]> {
    const child = spawn('curl', ['-sN', ...headers.flatMap((header) => ['-H', header]), url]);
    const exited = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (enough(line)) break;
    }
    child.kill('SIGKILL');
    await exited;
    return lines;
  }

  it('reads Server-Sent Events, and goes on behind the last id that it has seen', async () => {
    const roomd = await serve(await configured());
    const seen: Seen = [];
    const read = async (from: string, until: (id: string) => boolean) => {
      const url = `${roomd.url}/v1/events?from=start`;
      const headers = ['Accept: text/event-stream', ...(from === '' ? [] : [`Last-Event-ID: ${from}`])];
      let position = '';
      // An event is whole with the empty line behind it.
      await curl(url, headers, (line) => {
        if (line.startsWith('id: ')) position = line.slice(4);
        if (!line.startsWith('data: {"id"')) return false;
        const { id } = JSON.parse(line.slice(6)) as { id: string };
        seen.push([position, id]);
        return until(id);
      });
    };
    const all = await meeting(roomd, 'a', async () => {
      await read('', () => seen.length === 30);
      await read(seen.at(-1)?.[0] ?? '', () => seen.length === 90);
    });
    await read(seen.at(-1)?.[0] ?? '', (id) => id === all.at(-1)?.[1]);
    expect(seen).toEqual(all);
  });

  it('reads lines of JSON, from a position on, of one topic', async () => {
    const roomd = await serve(await configured());
    const headers = ['Accept: application/x-ndjson'];
    const seen: Event[] = [];
    const read = (from: string, until: (event: Event) => boolean) =>
      curl(`${roomd.url}/v1/events?topic=${SPOKEN}&from=${from}`, headers, (line) => {
        const event = JSON.parse(line) as Event;
        if (event.envelope === undefined) return false;
        seen.push(event);
        return until(event);
      });
    await meeting(roomd, 'a', async () => {
      await read('start', () => seen.length === 30);
      await read(seen.at(-1)?.position ?? '', () => seen.length === 90);
    });
    const spoken = (await roomd.history()).filter(({ envelope }) => envelope.topic === SPOKEN);
    await read(seen.at(-1)?.position ?? '', ({ position }) => position === spoken.at(-1)?.position);
    expect(seen).toEqual(spoken);
  });
});

it("socket.io-client goes on where it was when roomd is there again, by the library's own reconnecting", async () => {
  const data = await configured();
  let roomd = await serve(data);
  const seen: Seen = [];
  let position = 'start';
  const socket = io(roomd.url, {
    auth: (use) => use({ from: position }),
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
  });
  onTestFinished(() => void socket.disconnect());
  const recovered: boolean[] = [];
  socket.on('hello', (hello) => {
    recovered.push(hello.recovered);
    position = hello.position;
  });
  const more = Promise.withResolvers<void>();
  let progress = more;
  socket.on('envelope', (event) => {
    seen.push([event.position, event.envelope.id]);
    position = event.position;
    progress.resolve();
  });
  const until = async (test: () => boolean) => {
    while (!test()) {
      progress = Promise.withResolvers();
      await progress.promise;
    }
  };
  await meeting(roomd, 'a', () => until(() => seen.length >= 100));
  roomd = await again(roomd, data);
  const before = seen.length;
  const all = await meeting(roomd, 'b', () => until(() => seen.length >= before + 100));
  await until(() => seen.at(-1)?.[0] === all.at(-1)?.[0]);
  expect(seen).toEqual(all);
  expect(recovered).toEqual([true, true]);
});

describeInBrowser("a page in the browser, with nothing but the browser's means and socket.io-client", () => {
  const secrets = { admin: 'all-of-it', page: 'one-room' };
  const hash = (secret: string) => createHash('sha256').update(secret).digest('hex');

  /** A page of roomd's own, which is given scripts that roomd wouldn't give it. */
  async function ownPage(url: string): Promise<Page> {
    const context = await (await launchBrowser()).newContext({ bypassCSP: true });
    const page = await context.newPage();
    await page.goto(`${url}/health`);
    return page;
  }

  const listen = (path: string) => `
    globalThis.seen = { events: [], hellos: [] };
    const source = new EventSource(${JSON.stringify(path)});
    source.addEventListener('envelope', ({ data, lastEventId }) => seen.events.push([lastEventId, JSON.parse(data).id]));
    source.addEventListener('hello', ({ data }) => seen.hellos.push(JSON.parse(data).recovered));`;
  const seenBy = async (page: Page, name = 'seen') =>
    (await page.evaluate(name)) as { events: Seen; hellos: boolean[] };
  const until = (page: Page, condition: string) => page.waitForFunction(condition, undefined, { timeout: 60_000 });

  it('EventSource and Socket.IO connect again by themselves: nothing is missing, nothing comes twice', {
    timeout: 90_000,
  }, async () => {
    const data = await configured();
    let roomd = await serve(data);
    const page = await ownPage(roomd.url);
    const contents = 'import { io } from "socket.io-client"; globalThis.io = io;';
    const bundle = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      platform: 'browser',
      write: false,
      logLevel: 'warning',
    });
    await page.evaluate(bundle.outputFiles[0]?.text ?? '');
    await page.evaluate(listen('/v1/events?from=start'));
    await page.evaluate(`
      globalThis.heard = { events: [], hellos: [] };
      let position = 'start';
      const socket = io({ auth: (use) => use({ from: position }) });
      socket.on('hello', (hello) => { heard.hellos.push(hello.recovered); position = hello.position; });
      socket.on('envelope', (event) => { heard.events.push([event.position, event.envelope.id]); position = event.position; });
      0;`);
    const both = (count: number) => until(page, `Math.min(seen.events.length, heard.events.length) >= ${count}`);
    await meeting(roomd, 'a', () => both(100));
    roomd = await again(roomd, data);
    const before = (await seenBy(page)).events.length;
    const all = await meeting(roomd, 'b', () => both(before + 100));
    const last = JSON.stringify(all.at(-1)?.[0]);
    await until(page, `seen.events.at(-1)[0] === ${last} && heard.events.at(-1)[0] === ${last}`);
    for (const name of ['seen', 'heard']) {
      expect(await seenBy(page, name)).toEqual({ events: all, hellos: [true, true] });
    }
  });

  it('EventSource reads with a ticket, of its own rooms alone, and with it again after a restart', {
    timeout: 90_000,
  }, async () => {
    const data = await configured({
      http: {
        tokens: [
          { name: 'admin', sha256: hash(secrets.admin), scopes: ['admin', 'events:pii'] },
          { name: 'page', sha256: hash(secrets.page), scopes: ['events:read'], rooms: ['ours-*'] },
        ],
      },
    });
    const headers = (secret: string) => ({
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
    });
    const call = async <T>(roomd: Served, secret: string, path: string, body?: object): Promise<T> => {
      const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(roomd.url + path, { headers: headers(secret), ...sent });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    };
    let roomd = await serve(data);
    const { ticket } = await call<{ ticket: string }>(roomd, secrets.page, '/v1/tickets', { seconds: 600 });
    const page = await ownPage(roomd.url);
    await page.evaluate(listen(`/v1/events?from=start&ticket=${encodeURIComponent(ticket)}`));
    const both = async (spell: number) => {
      for (const name of ['ours', 'theirs']) {
        await call(roomd, secrets.admin, '/v1/rooms', { roomId: `${name}-${spell}`, ...ROOM });
      }
    };
    await both(1);
    await until(page, 'seen.events.length >= 50');
    roomd = await again(roomd, data);
    await both(2);
    const before = (await seenBy(page)).events.length;
    await until(page, `seen.events.length >= ${before + 50}`);
    const { events, hellos } = await seenBy(page);
    const kept: Event[] = [];
    for (let from = 'start'; ; ) {
      const path = `/v1/events?limit=1000&from=${from}`;
      const { events: some, next } = await call<{ events: Event[]; next: string }>(roomd, secrets.admin, path);
      kept.push(...some);
      if (kept.some(({ position }) => position === events.at(-1)?.[0])) break;
      from = next;
    }
    const ours = listed(kept.filter(({ envelope }) => envelope.roomId?.startsWith('ours-')));
    expect(events).toEqual(ours.slice(0, events.length));
    expect(hellos).toEqual([true, true]);
    expect(roomd.lines.join('\n')).not.toContain(ticket);
  });
});
